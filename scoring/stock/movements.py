"""Hold counts and movements of stock, each fact once, in an order of its own. Pure.

Deliveries may bring a row late, twice, or corrected. A row is kept once per key, in its newest
version, and rows are sorted by their contents. So nothing depends on the order of arrival.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Self

import numpy as np

from features.platform.arrays import Integers


class Kind(IntEnum):
    """The kinds of a movement; its direction follows from the kind."""

    RECEIPT = 0
    SALE = 1
    RETURN = 2
    TRANSFER = 3
    WRITE_OFF = 4


#: The sign of a movement at its own location, by kind.
SIGNS = np.array([1, -1, 1, -1, -1], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class _Facts:
    """Rows with a key and a version: each array is [n].

    Args:
        key: a number per key of the feed.
        version: a higher one replaces a lower one of the same key.
    """

    key: Integers
    version: Integers

    def current(self) -> Self:
        """Return the newest version of each key, sorted by key."""
        columns = [getattr(self, field.name) for field in fields(self)]
        # equal versions of a key that differ are decided by their contents
        order = np.lexsort([*reversed(columns[2:]), self.version, self.key])
        key = self.key[order]
        kept = order[np.append(key[1:] != key[:-1], True)] if len(key) else order
        return type(self)(*(column[kept] for column in columns))


@dataclass(frozen=True, slots=True)
class Movements(_Facts):
    """Movements of pieces: each array is [n].

    Args:
        product: its number, from 0.
        location: its number, from 0; pieces leave it or come to it.
        to_location: of a transfer, the location that receives; otherwise -1.
        kind: a `Kind`.
        quantity: pieces, > 0.
        at: event time, milliseconds since 1970.
    """

    product: Integers
    location: Integers
    to_location: Integers
    kind: Integers
    quantity: Integers
    at: Integers


@dataclass(frozen=True, slots=True)
class Counts(_Facts):
    """Counts of pieces; rows of one place and time are batches and add up: each array is [n].

    Args:
        product: its number, from 0.
        location: its number, from 0.
        on_hand: pieces, >= 0.
        reserved: pieces of them that are promised, >= 0.
        at: event time, milliseconds since 1970.
    """

    product: Integers
    location: Integers
    on_hand: Integers
    reserved: Integers
    at: Integers


@dataclass(frozen=True, slots=True)
class Entries:
    """The signed pieces of movements, per place: each array is [n].

    Args:
        place: product x locations + location.
        pieces: positive = they come to the place.
        at: event time, milliseconds since 1970.
    """

    place: Integers
    pieces: Integers
    at: Integers


def entries(movements: Movements, locations: int) -> Entries:
    """Return the entries of movements; a transfer has two, which add up to 0."""
    is_transfer = movements.kind == Kind.TRANSFER
    start = movements.product * locations
    received = start + movements.to_location
    return Entries(
        np.concatenate([start + movements.location, received[is_transfer]]),
        np.concatenate(
            [SIGNS[movements.kind] * movements.quantity, movements.quantity[is_transfer]]
        ),
        np.concatenate([movements.at, movements.at[is_transfer]]),
    )
