"""Make identifiers as text from arrays of integers.

No identifier is a valid card number: runs of 13 to 19 digits end in a digit that breaks Luhn's sum,
and other identifiers have shorter runs of digits. The identifiers are easy to damage on purpose:
they have leading zeros, or 19 digits that a float cannot represent.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.synthesize.randomness import I64, U64

GOOD, BAD = 90, 91  # first two digits of a transaction's id; no card network uses them
_INDEX_DIGITS = 7


def _luhn_sum(digits: list[I64 | int]) -> I64:
    """Return Luhn's sum of digits (most significant first) without the check digit."""
    total: I64 = np.zeros(1, np.int64)
    for place, digit in enumerate(reversed(digits)):
        doubled = np.asarray(digit) * (2 - place % 2)
        total = total + doubled - 9 * (doubled > 9)
    return total


def breaking_luhn(numbers: I64, width: int) -> I64:
    """Append to each number of `width` digits a last digit that breaks Luhn's sum."""
    digits: list[I64 | int] = [numbers // 10**place % 10 for place in range(width - 1, -1, -1)]
    check = -_luhn_sum(digits) % 10
    return numbers * 10 + (check + 1 + numbers % 9) % 10


def transaction_ids(day: int, minute: int, index: I64, series: int = GOOD) -> pa.Array:
    """Return 19-digit ids: series, day, minute of the span's start, index in the span."""
    prefix = (series * 10**5 + day) * 10**4 + minute
    digits: list[I64 | int] = [int(digit) for digit in str(prefix)]
    digits += [index // 10**place % 10 for place in range(_INDEX_DIGITS - 1, -1, -1)]
    check = -_luhn_sum(digits) % 10
    body = prefix * 10**_INDEX_DIGITS + index
    return pc.cast(pa.array(body * 10 + (check + 1 + index % 9) % 10), pa.string())


def customer_ids(customers: I64) -> pa.Array:
    """Return 12-digit ids with two or more leading zeros, one per customer number."""
    scrambled = (customers * 7_236_067_977 + 1_618_033_988) % 10**10
    return pc.utf8_lpad(pc.cast(pa.array(scrambled), pa.string()), 12, "0")


@cache
def merchant_ids(count: int) -> pa.Array:
    """Return the 15-digit ids of all merchants."""
    scrambled = (np.arange(count, dtype=np.int64) * 61_803_398_875 + 11) % 10**11
    numbers = breaking_luhn(scrambled, 14)
    return pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), 15, "0")


def device_ids(keys: U64) -> pa.Array:
    """Return `dv_` and twelve letters for each 64-bit key."""
    octets = keys.astype("<u8").view(np.uint8).reshape(-1, 8)
    text = np.empty((len(keys), 15), np.uint8)
    text[:, :3] = np.frombuffer(b"dv_", np.uint8)
    text[:, 3::2] = (octets[:, :6] >> 4) + ord("a")
    text[:, 4::2] = (octets[:, :6] & 15) + ord("a")
    return fixed_width(text)


def ip_addresses(keys: U64) -> pa.Array:
    """Return a private address of 10.0.0.0/8 for each key."""
    low = pa.array((keys & np.uint64(0xFFFF)).astype(np.int32))
    high = pa.array((keys >> np.uint64(16) & np.uint64(0xFF)).astype(np.int32))
    pairs = _octet_pairs()
    return pc.binary_join_element_wise("10", pc.cast(high, pa.string()), pairs.take(low), ".")


def fixed_width(text: np.ndarray[Any, np.dtype[np.uint8]]) -> pa.Array:
    """Convert rows of ASCII codes to a string array without a copy per row."""
    rows, width = text.shape
    offsets = np.arange(0, (rows + 1) * width, width, dtype=np.int32)
    data = pa.py_buffer(np.ascontiguousarray(text))
    return pa.Array.from_buffers(pa.string(), rows, [None, pa.py_buffer(offsets), data])


@cache
def _octet_pairs() -> pa.Array:
    numbers = pa.array(np.arange(65_536))
    low = pc.cast(pc.bit_wise_and(numbers, 255), pa.string())
    return pc.binary_join_element_wise(pc.cast(pc.shift_right(numbers, 8), pa.string()), low, ".")


@cache
def card_bins(count: int) -> pa.Array:
    """Return issuer numbers of six and of eight digits."""
    index = np.arange(count, dtype=np.int64)
    six = 400_000 + (index * 1_373 + 417) % 199_999
    wide = index % 4 == 0
    return pc.cast(pa.array(np.where(wide, six * 100 + index % 97, six)), pa.string())
