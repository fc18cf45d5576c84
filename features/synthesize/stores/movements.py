"""Find the movements of stock of a world: sales, receipts, transfers and write-offs.

Pieces that disappear or appear without a movement have none here; the next count finds them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.synthesize.calendar import DAY_MS
from features.synthesize.randomness import I64
from features.synthesize.stores.clock import MOVED_MS, WRITTEN_OFF_MS
from features.synthesize.stores.supplies import Orders
from features.synthesize.stores.world import World

NOWHERE = -1


class Movement(IntEnum):
    """The kinds of movements; the feed has their names in lower case."""

    SALE = 0
    RECEIPT = 1
    TRANSFER = 2
    WRITE_OFF = 3


@dataclass(frozen=True, slots=True)
class Movements:
    """One entry per movement, without sales.

    Args:
        at: epoch milliseconds.
        kind: a `Movement`.
        pool: index of the pool.
        to_pool: index of the pool that a transfer goes to, or `NOWHERE`.
        quantity: pieces.
        key: day of the order of a receipt, and day of another movement.
    """

    at: I64
    kind: I64
    pool: I64
    to_pool: I64
    quantity: I64
    key: I64

    def __len__(self) -> int:
        return len(self.at)

    def take(self, which: NDArray[Any]) -> Movements:
        """Return the movements of a mask or an index array."""
        return Movements(*(getattr(self, item.name)[which] for item in fields(self)))


def beside_sales(world: World, orders: Orders, first_stocks: Orders) -> Movements:
    """Return all movements of a world but its sales, ordered by time."""
    parts = [
        *(_receipts(came) for came in (first_stocks, orders)),
        _at_night(world, Movement.WRITE_OFF, world.stock.written_off, WRITTEN_OFF_MS),
        _at_night(world, Movement.TRANSFER, -world.stock.moved, MOVED_MS),
    ]
    columns = [[getattr(part, item.name) for part in parts] for item in fields(Movements)]
    made = Movements(*(np.concatenate(column) for column in columns))
    return made.take(np.lexsort((made.pool, made.at)))


def _receipts(orders: Orders) -> Movements:
    return Movements(
        at=orders.received_at,
        kind=np.full(len(orders), Movement.RECEIPT, np.int64),
        pool=orders.pool,
        to_pool=np.full(len(orders), NOWHERE),
        quantity=orders.quantity,
        key=orders.day,
    )


def _at_night(world: World, kind: Movement, pieces: I64, moment: int) -> Movements:
    """Return a movement where pieces leave a pool, with the other channel for a transfer."""
    day, pool = np.nonzero(pieces > 0)
    other = np.where(world.pools.location[pool] == 0, pool + 1, pool - 1)
    return Movements(
        at=(world.days.first + day) * DAY_MS + moment,
        kind=np.full(len(day), kind, np.int64),
        pool=pool,
        to_pool=other if kind is Movement.TRANSFER else np.full(len(day), NOWHERE),
        quantity=pieces[day, pool],
        key=day,
    )
