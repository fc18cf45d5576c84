"""Full card numbers in columns: found in bulk, and masked wherever a rejected row is kept.

A source declares identifiers that are long numbers, because one in ten of them passes by chance.
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

#: What holds a card number in ASCII matches this, and few honest values do.
_SUSPECT = rf"(?:[0-9][^0-9A-Za-z]*){{{MIN_DIGITS - 1}}}[0-9]|[0-9]\.[0-9]{{8,18}}[eE]\+?1[2-8]"
#: One character beyond ASCII may show two digits; to count thirteen here would be slow.
_SUSPECT_BEYOND_ASCII = r"\pN(?:[^\pL\pN]*\pN){6}"
_BEYOND_ASCII = r"[^\x00-\x7f\pL]"
_PLAIN = "^[0-9]+$"
_AT_ONCE = 4096

#: American Express, Diners, JCB, Visa, Mastercard, Maestro, Discover, UnionPay.
_KNOWN_PREFIX = r"^(?:4|5[0-8]|3[0-9]|6[0-9]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)[0-9]{8,17}$"


def mask_all(texts: Sequence[str], *, delimiter: str | None = None) -> list[str]:
    """Mask many texts; those without a suspicious run are not looked at twice.

    Args:
        texts: any.
        delimiter: the texts are rows of fields, with this between them; numbers that stand in two
            fields are two.
    """
    mark = None if delimiter is None else re.escape(delimiter)
    field = None if mark is None else re.compile(rf'"(?:[^"]|"")*"|[^{mark}]+')

    def mend(text: str) -> str:
        return mask(text) if field is None else field.sub(lambda match: mask(match[0]), text)

    suspicious = _suspicious(pa.array(texts, pa.string())).tolist()
    return [mend(text) if hit else text for text, hit in zip(texts, suspicious, strict=True)]


def card_numbers(column: pa.Array) -> Mask:
    """Return which values of a text column hold a full card number."""
    found = np.zeros(len(column), np.bool_)
    longest = pc.max(pc.binary_length(column)).as_py()
    if longest is None or longest < MIN_DIGITS:
        return found
    suspects = np.flatnonzero(_suspicious(column))
    texts = column.take(pa.array(suspects))
    plain = pc.match_substring_regex(texts, _PLAIN).to_numpy(zero_copy_only=False)
    found[suspects[plain]] = _plain_numbers(texts.filter(pa.array(plain)))
    starts_with_zero = pc.starts_with(texts, "0").to_numpy(zero_copy_only=False)
    others = suspects[~plain | starts_with_zero]
    for start in range(0, len(others), _AT_ONCE):
        rows = others[start : start + _AT_ONCE]
        found[rows] |= with_card_numbers(column.take(pa.array(rows)).to_pylist())
    return found


def numbers_above_one(column: pa.Array) -> Mask:
    """Return which numbers, as written, hold a card number that does not lie behind `0.` alone.

    A fraction such as 0.1234567890123456 has as many digits, and any of them.
    """
    found = np.zeros(len(column), np.bool_)
    rows = np.flatnonzero(_suspicious(column) & ~_matches(column, r"^[+-]?0*\."))
    for row in rows.tolist():
        found[row] = names_card_number(column[row].as_py())
    return found


def _suspicious(column: pa.Array) -> Mask:
    """Return which values may hold a card number."""
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
    """Test values that are digits and nothing else, all of one length at once."""
    found = np.zeros(len(texts), np.bool_)
    lengths = pc.binary_length(texts).to_numpy(zero_copy_only=False)
    for length in np.unique(lengths):
        if not MIN_DIGITS <= length <= MAX_DIGITS:
            continue
        rows = lengths == length
        joined = "".join(texts.filter(pa.array(rows)).to_pylist()).encode()
        digits = np.frombuffer(joined, np.uint8).reshape(-1, length) - 48
        doubled = digits[:, -2::-2] * 2
        total = digits[:, -1::-2].sum(1) + (doubled - 9 * (doubled > 9)).sum(1)
        found[rows] = total % 10 == 0
    return found


def count_known_prefixes(column: pa.Array) -> int:
    """Return how many values have the length and the beginning of a card number."""
    return int(pc.sum(pc.match_substring_regex(column, _KNOWN_PREFIX)).as_py() or 0)
