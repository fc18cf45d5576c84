"""Find full card numbers in columns, and mask them in kept rejected rows.

A source declares its long numeric identifiers, because one in ten passes Luhn's test by chance.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.platform.card_numbers import (
    MAX_DIGITS,
    MIN_DIGITS,
    has_card_number,
    mask,
    names_card_number,
    passes_luhn,
    with_card_numbers,
)

__all__ = [
    "card_numbers",
    "count_known_prefixes",
    "has_card_number",
    "mask",
    "mask_all",
    "numbers_above_one",
    "passes_luhn",
]

Mask = npt.NDArray[np.bool_]

#: Each ASCII text with a card number matches this pattern, and few other values match.
_SUSPECT = rf"(?:[0-9][^0-9A-Za-z]*){{{MIN_DIGITS - 1}}}[0-9]|[0-9]\.[0-9]{{8,18}}[eE]\+?1[2-8]"
#: A character beyond ASCII may show two digits, so seven suffice; a count of thirteen is slow.
_SUSPECT_BEYOND_ASCII = r"\pN(?:[^\pL\pN]*\pN){6}"
_BEYOND_ASCII = r"[^\x00-\x7f\pL]"
_PLAIN = "^[0-9]+$"
_AT_ONCE = 4096

#: American Express, Diners, JCB, Visa, Mastercard, Maestro, Discover, UnionPay.
_KNOWN_PREFIX = r"^(?:4|5[0-8]|3[0-9]|6[0-9]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)[0-9]{8,17}$"


def mask_all(texts: Sequence[str], *, delimiter: str | None = None) -> list[str]:
    """Mask many texts; only texts with a suspicious run of digits get the full check.

    Args:
        texts: any texts.
        delimiter: separator of fields if the texts are rows; a number never spans two fields.
    """
    mark = None if delimiter is None else re.escape(delimiter)
    field = None if mark is None else re.compile(rf'"(?:[^"]|"")*"|[^{mark}]+')

    def mend(text: str) -> str:
        return mask(text) if field is None else field.sub(lambda match: mask(match[0]), text)

    suspicious = _suspicious(pa.array(texts, pa.string())).tolist()
    return [mend(text) if hit else text for text, hit in zip(texts, suspicious, strict=True)]


def card_numbers(column: pa.Array) -> Mask:
    """Return the mask of values with a full card number."""
    has_number = np.zeros(len(column), np.bool_)
    longest = pc.max(pc.binary_length(column)).as_py()
    if longest is None or longest < MIN_DIGITS:
        return has_number
    suspects = np.flatnonzero(_suspicious(column))
    texts = column.take(pa.array(suspects))
    plain = pc.match_substring_regex(texts, _PLAIN).to_numpy(zero_copy_only=False)
    has_number[suspects[plain]] = _plain_numbers(texts.filter(pa.array(plain)))
    starts_with_zero = pc.starts_with(texts, "0").to_numpy(zero_copy_only=False)
    others = suspects[~plain | starts_with_zero]
    for start in range(0, len(others), _AT_ONCE):
        rows = others[start : start + _AT_ONCE]
        has_number[rows] |= with_card_numbers(column.take(pa.array(rows)).to_pylist())
    return has_number


def numbers_above_one(column: pa.Array) -> Mask:
    """Return the mask of numbers whose text has a card number, except as a fraction behind `0.`.

    A fraction such as 0.1234567890123456 may have any sequence of digits.
    """
    has_number = np.zeros(len(column), np.bool_)
    rows = np.flatnonzero(_suspicious(column) & ~_matches(column, r"^[+-]?0*\."))
    for row in rows.tolist():
        has_number[row] = names_card_number(column[row].as_py())
    return has_number


def _suspicious(column: pa.Array) -> Mask:
    """Return the mask of values that may have a card number."""
    suspicious = _matches(column, _SUSPECT)
    data = column.buffers()[2]
    if data is None or not (np.frombuffer(data, np.uint8) >= 0x80).any():
        return suspicious
    others = np.flatnonzero(_matches(column, _BEYOND_ASCII) & ~suspicious)
    suspicious[others] = _matches(column.take(pa.array(others)), _SUSPECT_BEYOND_ASCII)
    return suspicious


def _matches(column: pa.Array, pattern: str) -> Mask:
    matched = pc.fill_null(pc.match_substring_regex(column, pattern), False)
    return np.array(matched.to_numpy(zero_copy_only=False))


def _plain_numbers(texts: pa.Array) -> Mask:
    """Test values of digits only, all values of one length at once."""
    passes = np.zeros(len(texts), np.bool_)
    lengths = pc.binary_length(texts).to_numpy(zero_copy_only=False)
    for length in np.unique(lengths):
        if not MIN_DIGITS <= length <= MAX_DIGITS:
            continue
        rows = lengths == length
        joined = "".join(texts.filter(pa.array(rows)).to_pylist()).encode()
        digits = np.frombuffer(joined, np.uint8).reshape(-1, length) - 48
        doubled = digits[:, -2::-2] * 2
        total = digits[:, -1::-2].sum(1) + (doubled - 9 * (doubled > 9)).sum(1)
        passes[rows] = total % 10 == 0
    return passes


def count_known_prefixes(column: pa.Array) -> int:
    """Return the number of values with length and prefix of a card number."""
    return int(pc.sum(pc.match_substring_regex(column, _KNOWN_PREFIX)).as_py() or 0)
