"""Write the files of the stores: old rows at once, then a file of each feed and day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.synthesize.calendar import DAY_MS, epoch_ms
from features.synthesize.landing import Landing, Sink
from features.synthesize.plan import Plan
from features.synthesize.stores import counts, files, lines, movements, supplies, truth, world
from features.synthesize.stores.clock import ANNOUNCED_MS
from features.synthesize.stores.feed_shapes import (
    PROMOTIONS,
    PURCHASE_ORDERS,
    STOCK_LEVELS,
    STOCK_MOVEMENTS,
)
from features.synthesize.stores.names import Names
from features.synthesize.tally import Counts


class Stores:
    """Hold the world of the stores of a plan, and write its feeds by window.

    The caller writes sales and products, because other merchants share their files.
    """

    def __init__(
        self, plan: Plan, merchant_ids: list[str], landing: Landing, tally: Counts
    ) -> None:
        self._live_ms = epoch_ms(plan.live_from)
        self._landing = landing
        self._counts = tally
        self._world = world.make(plan)
        self._names = Names(self._world, merchant_ids)
        self._orders = supplies.orders(self._world)
        self._moved = movements.beside_sales(
            self._world, self._orders, supplies.first_stocks(self._world)
        )

    def products(self) -> pa.Table:
        """Return the products of all stores."""
        return files.products(self._names)

    def sales(self, start: datetime, end: datetime) -> Iterator[pa.Table]:
        """Yield the lines of the sales of [start, end)."""
        for sold in lines.within(self._world, epoch_ms(start), epoch_ms(end)):
            yield files.sales(self._names, sold)

    def write(self, start: datetime, end: datetime, *, is_history: bool) -> None:
        """Write promotions, purchase orders, movements and counts of [start, end)."""
        start_ms, end_ms = epoch_ms(start), epoch_ms(end)
        known_ms = self._live_ms if is_history else end_ms
        for name, shape, tables in (
            ("promotions", PROMOTIONS, self._promotions(start_ms, end_ms)),
            ("purchase_orders", PURCHASE_ORDERS, self._purchases(start_ms, end_ms, known_ms)),
            ("stock_movements", STOCK_MOVEMENTS, self._movements(start_ms, end_ms)),
            ("stock_levels", STOCK_LEVELS, self._levels(start_ms, end_ms)),
        ):
            rows = self._landing.whole(shape, tables, (start, end), is_history=is_history)
            setattr(self._counts, name, getattr(self._counts, name) + rows)

    def truth(self, sink: Sink, work: Path) -> None:
        """Write the truth files."""
        for name, tables in (
            (truth.DEMAND, truth.demand(self._names)),
            (truth.SERIES, iter([truth.series(self._names)])),
            (truth.CATEGORIES, iter([truth.categories(self._names)])),
            (truth.STORE_PROMOTIONS, iter([truth.promotions(self._names)])),
            (truth.STOCK_DIFFERENCES, iter([truth.differences(self._names)])),
        ):
            path = work / "store_truth"
            first = next(tables)
            with pq.ParquetWriter(path, first.schema, compression="zstd") as writer:
                writer.write_table(first)
                for table in tables:
                    writer.write_table(table)
            sink.put(name, path)

    def _promotions(self, start_ms: int, end_ms: int) -> Iterator[pa.Table]:
        offers = self._world.promotions
        at = offers.announced * DAY_MS + ANNOUNCED_MS
        offers = offers.take((at >= start_ms) & (at < end_ms))
        yield files.promotions(self._names, offers.take(np.argsort(offers.announced)))

    def _purchases(self, start_ms: int, end_ms: int, known_ms: int) -> Iterator[pa.Table]:
        """Yield the new orders, and the next version of the older orders that came."""
        orders = self._orders
        is_new = (orders.ordered_at >= start_ms) & (orders.ordered_at < end_ms)
        came = (orders.received_at >= max(start_ms, self._live_ms)) & (orders.received_at < end_ms)
        yield files.orders(self._names, orders.take(is_new | came), known_ms)

    def _movements(self, start_ms: int, end_ms: int) -> Iterator[pa.Table]:
        for sold in lines.within(self._world, start_ms, end_ms):
            yield files.sold(self._names, sold)
        moved = self._moved
        yield files.moved(self._names, moved.take((moved.at >= start_ms) & (moved.at < end_ms)))

    def _levels(self, start_ms: int, end_ms: int) -> Iterator[pa.Table]:
        yield files.counts(self._names, counts.within(self._world, start_ms, end_ms))
