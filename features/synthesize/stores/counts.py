"""Find the counts of stock of a world: each Monday and on the first day, by batch.

A count of a product that expires has two batches: the newest receipt, and the pieces before it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.synthesize.calendar import DAY_MS
from features.synthesize.randomness import I64, mix
from features.synthesize.stores.clock import COUNTED_MS
from features.synthesize.stores.products import Flags
from features.synthesize.stores.stock import COUNT_WEEKDAY
from features.synthesize.stores.world import World

_RESERVES_FROM = 20  # pieces on hand; fewer pieces are never reserved
_MOST_RESERVED = 3


@dataclass(frozen=True, slots=True)
class Batches:
    """One entry per batch of a count, ordered by time.

    Args:
        day: index of the day.
        pool: index of the pool.
        batch: 0 for the newest receipt, 1 for the pieces before it.
        on_hand: pieces.
        reserved: pieces of them.
        expires: day since 1970.
        has_expiry: False for a product that does not expire.
        counted_at: epoch milliseconds.
    """

    day: I64
    pool: I64
    batch: I64
    on_hand: I64
    reserved: I64
    expires: I64
    has_expiry: Flags
    counted_at: I64


def within(world: World, start_ms: int, end_ms: int) -> Batches:
    """Return the counts of [start, end)."""
    days, shelf_life = world.days, world.products.shelf_life[world.pools.product]
    at = days.numbers * DAY_MS + COUNTED_MS
    is_counted = (days.weekdays == COUNT_WEEKDAY) | (np.arange(days.count) == 0)
    chosen = np.flatnonzero(is_counted & (at >= start_ms) & (at < end_ms))
    born = np.maximum(world.products.born[world.pools.product] - days.first, 0)
    day, pool = np.nonzero(born <= chosen[:, None])
    day = chosen[day]
    on_hand = world.stock.opening[day, pool]
    newest, older = _receipts(world)
    last, before = newest[day, pool], older[day, pool]
    fresh = np.where(last >= 0, world.stock.received[np.maximum(last, 0), pool], 0)
    fresh = np.where(shelf_life[pool] > 0, np.minimum(fresh, on_hand), on_hand)
    # a batch without pieces is no batch, but a count of nothing is a count
    states = (fresh > 0) | (on_hand == 0), on_hand > fresh
    came = np.maximum(last, 0), np.maximum(before, 0)
    pieces = fresh, on_hand - fresh
    which = [np.flatnonzero(state) for state in states]
    order = np.argsort(np.concatenate(which), kind="stable")
    expires = [
        np.maximum(days.first + came[batch] + shelf_life[pool], days.first + day)[which[batch]]
        for batch in (0, 1)
    ]
    entry = np.concatenate(which)[order]
    day, pool = day[entry], pool[entry]
    stock = np.concatenate([pieces[batch][which[batch]] for batch in (0, 1)])[order]
    spare = (mix(world.plan.seed, day, pool) % np.uint64(_MOST_RESERVED)).astype(np.int64)
    return Batches(
        day=day,
        pool=pool,
        batch=np.repeat([0, 1], [len(part) for part in which])[order],
        on_hand=stock,
        reserved=np.where(stock >= _RESERVES_FROM, spare, 0),
        expires=np.concatenate(expires)[order],
        has_expiry=shelf_life[pool] > 0,
        counted_at=at[day],
    )


def _receipts(world: World) -> tuple[I64, I64]:
    """Return the days of the two newest receipts before each day, or -1: [D, L] each."""
    has = world.stock.received > 0
    day = np.where(has, np.arange(world.days.count)[:, None], -1)
    newest = np.maximum.accumulate(day, axis=0)
    nothing = np.full((1, has.shape[1]), -1)
    before_day = np.concatenate([nothing, newest[:-1]])
    # the newest receipt before the day of the newest receipt
    column = np.arange(has.shape[1])
    older = np.where(before_day >= 0, before_day[np.maximum(before_day, 0), column], -1)
    return before_day, older
