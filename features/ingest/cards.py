"""Full card numbers: found in any text, and masked wherever a rejected row is kept.

A full card number may not enter the warehouse at all. What passes as one is a run of 13 to 19
digits, or the same in groups with spaces or dashes, whose last digit is right by Luhn. One random
number in ten passes by chance, which is why a source declares identifiers that are long numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

MIN_DIGITS, MAX_DIGITS = 13, 19

#: Values longer than this pattern's shortest match are rare: the exact test runs on few of them.
_SUSPECT = r"[0-9]{13}|[0-9]{3,7}[ -][0-9]{3,7}[ -][0-9]{3,7}"
_PLAIN = "^[0-9]+$"
_RUN = re.compile(r"(?<![0-9])(?:[0-9]{13,19}|[0-9]{3,7}(?:[ -][0-9]{3,7}){1,5})(?![0-9])")

#: American Express, Diners, JCB, Visa, Mastercard, Maestro, Discover, UnionPay.
_KNOWN_PREFIX = r"^(?:4|5[0-8]|3[0-9]|6[0-9]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)[0-9]{8,17}$"


def passes_luhn(digits: str) -> bool:
    """Return whether the last digit is the check digit of the others."""
    total = 0
    for position, char in enumerate(reversed(digits)):
        value = ord(char) - 48
        total += value if position % 2 == 0 else (value * 2 - 9 if value > 4 else value * 2)
    return total % 10 == 0


def _card_digits(run: str) -> str | None:
    digits = run.replace(" ", "").replace("-", "")
    fits = MIN_DIGITS <= len(digits) <= MAX_DIGITS
    return digits if fits and passes_luhn(digits) else None


def has_card_number(text: str) -> bool:
    """Return whether a text holds what passes as a full card number."""
    return any(_card_digits(match[0]) for match in _RUN.finditer(text))


def mask(text: str) -> str:
    """Return the text with every card number cut to its first six and last four digits."""
    return _RUN.sub(_mask_run, text)


def _mask_run(match: re.Match[str]) -> str:
    digits = _card_digits(match[0])
    if digits is None:
        return match[0]
    hidden = range(6, len(digits) - 4)
    masked, position = [], 0
    for char in match[0]:
        is_digit = char.isdigit()
        masked.append("*" if is_digit and position in hidden else char)
        position += is_digit
    return "".join(masked)


def mask_all(texts: Sequence[str]) -> list[str]:
    """Mask many texts; those without a suspicious run are not looked at twice."""
    suspicious = pc.match_substring_regex(pa.array(texts, pa.string()), _SUSPECT).to_pylist()
    return [mask(text) if hit else text for text, hit in zip(texts, suspicious, strict=True)]


def card_numbers(column: pa.Array) -> npt.NDArray[np.bool_]:
    """Return which values of a text column hold a full card number."""
    found = np.zeros(len(column), np.bool_)
    longest = pc.max(pc.binary_length(column)).as_py()
    if longest is None or longest < MIN_DIGITS:
        return found
    suspicious = pc.fill_null(pc.match_substring_regex(column, _SUSPECT), False)
    suspects = np.flatnonzero(suspicious.to_numpy(zero_copy_only=False))
    texts = column.take(pa.array(suspects))
    plain = pc.match_substring_regex(texts, _PLAIN).to_numpy(zero_copy_only=False)
    found[suspects[plain]] = _plain_numbers(texts.filter(pa.array(plain)))
    others = texts.filter(pa.array(~plain)).to_pylist()
    found[suspects[~plain]] = [has_card_number(text) for text in others]
    return found


def _plain_numbers(texts: pa.Array) -> npt.NDArray[np.bool_]:
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
