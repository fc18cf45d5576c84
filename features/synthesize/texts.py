"""Render columns as text: numbers, amounts of money in dollars, names and constants."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.synthesize import currencies
from features.synthesize.randomness import F64, I64
from features.synthesize.render import amounts


def money(cents: I64) -> pa.Array:
    """Render cents of the base currency as decimals."""
    usd = np.full(len(cents), currencies.INDEX[currencies.BASE], np.int64)
    return amounts(cents, usd)


def masked(values: pa.Array, missing: np.ndarray) -> pa.Array:
    """Render values, and nothing where they are missing."""
    return pc.if_else(pa.array(missing), pa.scalar(None, pa.string()), values)


def constant(value: str, count: int) -> pa.Array:
    """Repeat a text."""
    return pa.repeat(pa.scalar(value, pa.string()), count)


def named(names: tuple[str, ...], index: I64) -> pa.Array:
    """Render the name of each index."""
    return pa.array(names, pa.string()).take(pa.array(index))


def numbers(values: I64 | F64) -> pa.Array:
    """Render numbers."""
    return pc.cast(pa.array(values), pa.string())


def dates(days: I64) -> pa.Array:
    """Render days since 1970 as ISO 8601."""
    return pa.array(np.datetime_as_string(days.astype("datetime64[D]")), pa.string())


def joined(*parts: pa.Array | str) -> pa.Array:
    """Join parts of an identifier with underscores; at least one part is an array."""
    return pc.binary_join_element_wise(*parts, "_")
