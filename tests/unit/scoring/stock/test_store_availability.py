"""The stock of made stores is found again from their counts and movements."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from features.synthesize.plan import Plan
from features.synthesize.stores import world as worlds
from features.synthesize.stores.assortment import LOCATIONS
from features.synthesize.stores.world import World
from scoring.stock.availability import reconcile
from scoring.stock.discrepancies import Discrepancy
from scoring.stock.movements import Counts, Kind, Movements

HOUR, DAY = 3_600_000, 86_400_000
NO_BUFFERS = np.zeros(len(LOCATIONS), dtype=np.int64)


@pytest.fixture(scope="module")
def world() -> World:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    end = start + timedelta(days=120)
    plan = Plan(
        seed=3,
        start=start,
        end=end,
        live_from=end,
        customers=1,
        stores=1,
        store_products=40,
        sales_days=0,
    )
    return worlds.make(plan)


def facts(world: World) -> tuple[Counts, Movements]:
    """Return the counts of Monday mornings and the movements of all days."""
    stock, pools = world.stock, world.pools
    parts = []
    # a transfer's other location is the neighbour of its pool: both channels of a product
    for kind, pieces, hour in (
        (Kind.RECEIPT, stock.received, 8),
        (Kind.SALE, stock.morning + stock.evening, 18),
        (Kind.WRITE_OFF, stock.written_off, 20),
        (Kind.TRANSFER, np.maximum(-stock.moved, 0), 22),
    ):
        day, pool = np.nonzero(pieces)
        to = 1 - pools.location[pool] if kind is Kind.TRANSFER else np.full(len(pool), -1)
        columns = (
            pools.product[pool],
            pools.location[pool],
            to,
            np.full(len(pool), int(kind)),
            pieces[day, pool],
            day * DAY + hour * HOUR,
        )
        parts.append(np.stack(columns))
    moved = np.concatenate(parts, axis=1)
    key = np.arange(moved.shape[1])
    day, pool = np.nonzero(np.tile((world.days.weekdays == 0)[:, None], (1, len(pools))))
    on_hand, at = stock.opening[day, pool], day * DAY
    counted = np.stack(
        [pools.product[pool], pools.location[pool], on_hand, np.zeros_like(on_hand), at]
    )
    number = np.arange(len(day))
    return Counts(number, 0 * number, *counted), Movements(key, 0 * key, *moved)


def test_counts_that_differ_from_the_book_are_the_pieces_that_vanished(world: World) -> None:
    counts, movements = facts(world)

    _, found = reconcile(counts, movements, NO_BUFFERS, len(world.products))

    mondays = np.flatnonzero(world.days.weekdays == 0)
    pools = world.pools
    weeks = np.add.reduceat(world.stock.uncounted, mondays, axis=0)[:-1]
    week, pool = np.nonzero(weeks)
    missing = {
        (int(product), int(location), int(day)): int(size)
        for product, location, day, size in zip(
            pools.product[pool],
            pools.location[pool],
            mondays[week + 1],
            weeks[week, pool],
            strict=True,
        )
    }
    gaps = found.of(Discrepancy.COUNT_GAP)
    listed = {
        (int(product), int(location), int(at // DAY)): int(size)
        for product, location, at, size in zip(
            found.product[gaps], found.location[gaps], found.at[gaps], found.size[gaps], strict=True
        )
    }
    assert missing
    assert listed == missing


def test_available_pieces_are_the_closing_stock_but_for_pieces_not_yet_missed(
    world: World,
) -> None:
    counts, movements = facts(world)

    available, _ = reconcile(counts, movements, NO_BUFFERS, len(world.products))

    last = int(np.flatnonzero(world.days.weekdays == 0)[-1])
    unseen = world.stock.uncounted[last:].sum(axis=0)
    book = world.stock.closing[-1] - unseen
    expected = np.bincount(world.pools.product, book, len(world.products))
    assert available.is_known.all()
    assert available.on_hand.tolist() == expected.tolist()
    assert available.available.tolist() == np.maximum(expected, 0).tolist()
