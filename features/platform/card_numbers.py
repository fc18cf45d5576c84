"""Finds full card numbers in text, in any spelling, and cuts them to the allowed digits.

A full card number may not enter the platform at all. It has 13 to 19 digits, and the last one is
right by Luhn. The digits may be of any script, with anything but letters between them. One random
number in ten passes Luhn by chance. So only a plain run of digits counts by Luhn alone; any other
spelling must begin with an issuer's digits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

MIN_DIGITS, MAX_DIGITS = 13, 19
KEPT_FIRST, KEPT_LAST = 6, 4

Numbers = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

_LONGEST_GAP = 8  # characters between two digits of one number
_PIECE = 1 << 20  # characters that are searched together
_LONGEST = 1 << 16  # characters of a text with exact masks; no honest row is longer
_BREAK = "x"  # replaces a character that ends a number
_BETWEEN = "\n" * (_LONGEST_GAP + 1)

#: By the first four digits: the lengths of an issuer's numbers.
_ISSUERS: tuple[tuple[int, int, tuple[int, ...]], ...] = (
    (2200, 2205, (16, 17, 18, 19)),  # Mir, Borica
    (2221, 2720, (16,)),  # Mastercard
    (3000, 3059, (14, 16, 19)),  # Diners Club
    (3095, 3095, (14, 16, 19)),
    (3400, 3499, (15,)),  # American Express
    (3528, 3589, (16, 17, 18, 19)),  # JCB
    (3600, 3699, (14, 16, 19)),
    (3700, 3799, (15,)),
    (3800, 3999, (14, 16, 19)),
    (4000, 4999, (13, 16, 19)),  # Visa
    (5000, 5099, (13, 14, 15, 16, 17, 18, 19)),  # Maestro
    (5100, 5599, (16,)),  # Mastercard
    (5600, 5999, (13, 14, 15, 16, 17, 18, 19)),
    (6000, 6999, (16, 17, 18, 19)),  # Discover, UnionPay, RuPay
    (6300, 6399, (13, 14, 15)),  # Maestro
    (6700, 6799, (13, 14, 15)),
    (8100, 8299, (16, 17, 18, 19)),  # UnionPay, RuPay
    (9792, 9792, (16,)),  # Troy
)
_LENGTHS = np.zeros(10_000, np.uint32)  # bit n: numbers of n digits begin with these four
for _first, _last, _lengths in _ISSUERS:
    _LENGTHS[_first : _last + 1] |= sum(1 << length for length in _lengths)

_TIME = (
    r"(?<![0-9])(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"[Tt _](?:[01][0-9]|2[0-3]):[0-5][0-9]"
    r"(?::[0-5][0-9](?:[.,][0-9]{1,9})?)?(?:[+-][0-9]{2}:?[0-9]{2})?(?![0-9])"
)
_UUID = (
    r"(?<![0-9A-Za-z])(?=[0-9-]*[a-fA-F])[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
    r"(?![0-9A-Za-z])"
)
_DIGEST = (
    r"(?<![0-9A-Za-z])(?=[0-9]*[a-f])"
    r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})(?![0-9A-Za-z])"
)
#: Times of the 20th and 21st century and UUIDs, whose groups of digits can pass by chance.
_HONEST = re.compile(f"{_TIME}|{_UUID}")
_HONEST_NAMES = re.compile(f"{_TIME}|{_UUID}|{_DIGEST}")
#: Groups of three to seven digits, with one mark between all of them; of any issuer.
_GROUPED = re.compile(
    r"(?<![0-9])[0-9]{3,7}(?:(?:[ -][0-9]{3,7}){1,5}"
    r"|([^0-9A-Za-z])[0-9]{3,7}(?:\1[0-9]{3,7}){0,4})(?![0-9])"
)
#: A floating-point form: 5.1051051051051e15 has lost the zeros at its end.
_SCIENTIFIC = re.compile(r"(?<![0-9.])([0-9])\.([0-9]{8,18})[eE]\+?(1[2-8])(?![0-9])")


def passes_luhn(digits: str) -> bool:
    """Return whether the last digit is the check digit of the others."""
    total = 0
    for position, char in enumerate(reversed(digits)):
        value = ord(char) - 48
        total += value if position % 2 == 0 else (value * 2 - 9 if value > 4 else value * 2)
    return total % 10 == 0


def has_card_number(text: str) -> bool:
    """Return whether a value holds a probable full card number."""
    return bool(_find(text, in_name=False))


def names_card_number(text: str) -> bool:
    """Return whether a name, a log line or a person's text holds an issuer's card number.

    Such text is full of honest long numbers, so a plain run must also begin as an issuer's do.
    """
    return bool(_find(text, in_name=True))


def mask(text: str) -> str:
    """Return a value with every card number cut to its first six and last four digits.

    A text of more than 65,536 characters loses all its digits.
    """
    if len(text) > _LONGEST:
        digits = [char for char in set(text) if _form(char)[0].isdigit()]
        return text.translate({ord(char): "*" for char in digits})
    return _masked(text, _find(text, in_name=False))


def mask_name(text: str) -> str:
    """Return a name, a log line or a person's text with every issuer's card number cut."""
    return _masked(text, _find(text, in_name=True))


def with_card_numbers(texts: Sequence[str]) -> Mask:
    """Return which of many values hold a full card number; an over-long value counts as one."""
    is_masked = np.fromiter((len(text) > _LONGEST for text in texts), np.bool_, len(texts))
    texts = [text if len(text) <= _LONGEST else "" for text in texts]
    for first, last in _pieces(texts):
        piece = texts[first:last]
        ends = np.cumsum([len(text) + len(_BETWEEN) for text in piece])
        for places in _find(_BETWEEN.join(piece), in_name=False):
            is_masked[first + np.searchsorted(ends, places[0], side="right")] = True
    return is_masked


def _pieces(texts: Sequence[str]) -> list[tuple[int, int]]:
    pieces, first, size = [], 0, 0
    for place, text in enumerate(texts):
        size += len(text)
        if size >= _PIECE:
            pieces.append((first, place + 1))
            first, size = place + 1, 0
    return [*pieces, (first, len(texts))] if first < len(texts) else pieces


def _masked(text: str, numbers: list[Numbers]) -> str:
    if not numbers:
        return text
    chars = list(text)
    for places in numbers:
        for place in places[KEPT_FIRST:-KEPT_LAST].tolist():
            chars[place] = "*"
    return "".join(chars)


def _find(text: str, *, in_name: bool) -> list[Numbers]:
    """Return the places of the digits of each card number."""
    if len(text) < MIN_DIGITS // 2:
        return []
    folded, origins = _folded(text)
    honest = _HONEST_NAMES if in_name else _HONEST
    plain = honest.sub(lambda match: _BREAK * len(match[0]), folded)
    numbers = _windows(plain, any_issuer=not in_name)
    if not in_name:
        numbers += _grouped(plain)
    numbers += _scientific(plain)
    return numbers if origins is None else [origins[places] for places in numbers]


def _folded(text: str) -> tuple[str, Numbers | None]:
    """Return a text in ASCII, and the origin of each character if the lengths differ."""
    if text.isascii():
        return text, None
    forms = {char: _form(char) for char in set(text) if not char.isascii()}
    folded = text.translate({ord(char): form for char, form in forms.items()})
    if len(folded) == len(text):
        return folded, None
    lengths = [len(forms.get(char, char)) for char in text]
    return folded, np.repeat(np.arange(len(text), dtype=np.int32), lengths)


@cache
def _form(char: str) -> str:
    """Return the digits that a character shows, a blank for a mark, and `_BREAK` for letters."""
    if char.isascii():
        return char if char.isdigit() else _BREAK if char.isalpha() else " "
    shown = unicodedata.normalize("NFKC", char)
    if any(part.isalpha() for part in shown):
        return _BREAK
    digits = "".join(str(digit) for part in shown if (digit := unicodedata.digit(part, -1)) >= 0)
    if digits:
        return digits
    return _BREAK if any(part.isalnum() for part in shown) else " "


def _windows(text: str, *, any_issuer: bool) -> list[Numbers]:
    """Find numbers that begin and end at the borders of groups of digits."""
    chars = np.frombuffer(text.encode("ascii"), np.uint8)
    is_digit = (chars >= 48) & (chars <= 57)
    places = np.flatnonzero(is_digit).astype(np.int32)
    if len(places) < MIN_DIGITS:
        return []
    digits = chars[places] - 48
    letters = np.cumsum(((chars | 32) >= 97) & ((chars | 32) <= 122), dtype=np.int32)
    gaps = np.diff(places) - 1
    parted = (gaps > _LONGEST_GAP) | (np.diff(letters[places]) > 0)
    text_of = np.concatenate(([0], np.cumsum(parted, dtype=np.int32)))
    begins = np.concatenate(([True], gaps > 0))
    ends = np.concatenate((gaps > 0, [True]))
    whole_begins = np.concatenate(([True], parted))
    whole_ends = np.concatenate((parted, [True]))
    begins_padded = begins | _after_zeros(digits, begins)
    sums = _luhn_sums(digits)
    numbers: list[Numbers] = []
    for length in range(MIN_DIGITS, MAX_DIGITS + 1):
        first = np.arange(len(places) - length + 1, dtype=np.int32)
        if not len(first):
            break
        last = first + length - 1
        fits = begins_padded[first] & ends[last] & (text_of[first] == text_of[last])
        first, last = first[fits], last[fits]
        total = sums[last % 2, last + 1] - sums[last % 2, first]
        first, last = first[total % 10 == 0], last[total % 10 == 0]
        is_run = begins[first] & (places[last] - places[first] == length - 1)
        is_whole = whole_begins[first] & whole_ends[last] & ~is_run
        starts = digits[first[:, None] + np.arange(4)] @ np.array([1000, 100, 10, 1])
        lengths = _LENGTHS[starts]
        taken = ((lengths >> length) & 1).astype(np.bool_) | (is_whole & (lengths > 0))
        if any_issuer:
            taken |= is_run
        numbers += [places[start : start + length] for start in first[taken].tolist()]
    return numbers


def _after_zeros(digits: npt.NDArray[np.uint8], begins: Mask) -> Mask:
    """Return which digits are the first non-zero digit of their group."""
    others = np.concatenate(([0], np.cumsum(digits != 0, dtype=np.int32)))
    place = np.arange(len(digits), dtype=np.int32)
    group = np.maximum.accumulate(np.where(begins, place, 0))
    alone: Mask = (digits != 0) & (others[place] == others[group])
    return alone


def _luhn_sums(digits: npt.NDArray[np.uint8]) -> Numbers:
    """Return running sums for a check digit at an even and at an odd place: [2, digits + 1]."""
    plain = digits.astype(np.int32)
    doubled = plain * 2 - 9 * (plain > 4)
    is_even = np.arange(len(digits)) % 2 == 0
    values = np.stack((np.where(is_even, plain, doubled), np.where(is_even, doubled, plain)))
    return np.concatenate((np.zeros((2, 1), np.int32), np.cumsum(values, axis=1)), axis=1)


def _grouped(text: str) -> list[Numbers]:
    numbers = []
    for match in _GROUPED.finditer(text):
        places = [place for place in range(*match.span()) if text[place].isdigit()]
        digits = "".join(text[place] for place in places)
        if MIN_DIGITS <= len(digits) <= MAX_DIGITS and passes_luhn(digits):
            numbers.append(np.array(places, np.int32))
    return numbers


def _scientific(text: str) -> list[Numbers]:
    numbers = []
    for match in _SCIENTIFIC.finditer(text):
        digits = (match[1] + match[2]).ljust(int(match[3]) + 1, "0")
        lengths = int(_LENGTHS[int(digits[:4])])
        if len(digits) == int(match[3]) + 1 and lengths >> len(digits) & 1 and passes_luhn(digits):
            start, end = match.start(1), match.end(2)
            written = [start, *range(start + 2, end)]
            unwritten = len(digits) - len(written)  # zeros
            numbers.append(np.array([*written, *written[-1:] * unwritten], np.int32))
    return numbers
