"""Find the purchase orders of a world, with the moments of order, expectation and receipt."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.synthesize.calendar import DAY_MS
from features.synthesize.randomness import I64
from features.synthesize.stores.clock import EXPECTED_MS, ORDERED_MS, moment_of, position_of
from features.synthesize.stores.world import World

#: The day of the order of a first stock, which has no order.
WITHOUT_ORDER = -1


@dataclass(frozen=True, slots=True)
class Orders:
    """One entry per order of a pool and day, ordered by day; moments are epoch milliseconds.

    Args:
        day: index of the day of the order.
        pool: index of the pool.
        quantity: pieces.
        ordered_at: at the end of the day.
        expected_at: by the mean lead time.
        received_at: the true receipt; may lie after the end of the world.
    """

    day: I64
    pool: I64
    quantity: I64
    ordered_at: I64
    expected_at: I64
    received_at: I64

    def __len__(self) -> int:
        return len(self.day)

    def take(self, which: NDArray[Any]) -> Orders:
        """Return the orders of a mask or an index array."""
        return Orders(*(getattr(self, item.name)[which] for item in fields(self)))


def orders(world: World) -> Orders:
    """Return all orders of a world."""
    day, pool = np.nonzero(world.stock.ordered)
    product = world.pools.product[pool]
    midnight = (world.days.first + day) * DAY_MS
    usual = np.maximum(np.rint(world.products.lead_time[product]), 1).astype(np.int64)
    due = day + world.chances.lead_times[day, product]
    return Orders(
        day=day,
        pool=pool,
        quantity=world.stock.ordered[day, pool],
        ordered_at=midnight + ORDERED_MS,
        expected_at=midnight + usual * DAY_MS + EXPECTED_MS,
        received_at=received_at(world, due, product),
    )


def first_stocks(world: World) -> Orders:
    """Return the first stock of each product that is new in the world; it has no order."""
    pools, products = world.pools, world.products
    day = products.born[pools.product] - world.days.first - 1
    pool = np.flatnonzero((day >= 0) & (day < world.days.count))
    day = day[pool]
    at = received_at(world, day, pools.product[pool])
    return Orders(
        day=np.full(len(pool), WITHOUT_ORDER),
        pool=pool,
        quantity=world.stock.received[day, pool],  # no order of a product that is not sold yet
        ordered_at=at,
        expected_at=at,
        received_at=at,
    )


def received_at(world: World, day: I64, product: I64) -> I64:
    """Return the moment of the receipts of a product on a day; beyond the world, its noon."""
    inside = np.minimum(day, world.days.count - 1)
    position = position_of(world.chances.receipt_hour[inside, product] / 24)
    moment = np.where(day < world.days.count, moment_of(position), EXPECTED_MS)
    at: I64 = (world.days.first + day) * DAY_MS + moment
    return at
