"""Write the sales side of a plan: products and old sales at once, then a file each day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from features.synthesize import identifiers, sale_files, sale_truth
from features.synthesize.calendar import CHUNK_ROWS, epoch_ms
from features.synthesize.feed_shapes import PRODUCTS, SALES
from features.synthesize.landing import Landing, Sink
from features.synthesize.orders import Lines, Seller, concatenate
from features.synthesize.plan import DAY, Plan, tile
from features.synthesize.tally import Counts

_HISTORY_FILE = 28 * DAY


class Selling:
    """Write the files of the feeds `sales` and `products`, and their truth."""

    def __init__(
        self, plan: Plan, sellers: list[Seller], landing: Landing, counts: Counts, work: Path
    ) -> None:
        self._plan = plan
        self._sellers = sellers
        self._landing = landing
        self._counts = counts
        self._work = work
        count = max((seller.merchant + 1 for seller in sellers), default=0)
        self._ids = identifiers.merchant_ids(count).to_pylist()
        self._orders = sale_truth.OrdersFile(work / "orders") if sellers else None

    def history(self) -> None:
        """Write the products, and the sales before `live_from`."""
        if not self._sellers:
            return
        start, live_from = self._plan.sales_start, self._plan.live_from
        has_history = start < live_from
        window = (start, live_from if has_history else self._plan.end)
        tables = [sale_files.products(seller, self._id(seller)) for seller in self._sellers]
        self._landing.whole(PRODUCTS, tables, window, is_history=has_history)
        for begin, end in tile(start, live_from, _HISTORY_FILE):
            self._sales(begin, end, is_history=True)

    def live(self, start: datetime, end: datetime) -> None:
        """Write the sales of [start, end), a day or a part of it."""
        self._sales(start, end, is_history=False)

    def truth(self, sink: Sink) -> None:
        """Write the truth files."""
        if self._orders is None:
            return
        self._orders.close()
        sink.put(sale_truth.ORDERS, self._orders.path)
        for name, tables in (
            (sale_truth.SHOPPERS, self._each(sale_truth.shoppers)),
            (sale_truth.PROMOTIONS, self._each(sale_truth.promotions_of)),
            (sale_truth.RHYTHM, self._each(sale_truth.rhythm)),
            (sale_truth.TYPES_FILE, [sale_truth.types()]),
        ):
            path = self._work / "sale_truth"
            pq.write_table(pa.concat_tables(tables), path, compression="zstd")
            sink.put(name, path)

    def _sales(self, start: datetime, end: datetime, *, is_history: bool) -> None:
        if self._sellers:
            self._counts.sale_lines += self._landing.whole(
                SALES, self._tables(start, end), (start, end), is_history=is_history
            )

    def _tables(self, start: datetime, end: datetime) -> Iterator[pa.Table]:
        for seller in self._sellers:
            for lines in _chunks(seller, start, end):
                if self._orders is not None:
                    self._orders.write(seller, lines, self._id(seller))
                yield sale_files.sales(seller, lines, self._id(seller))

    def _each(self, make: Callable[[Seller, str], pa.Table]) -> list[pa.Table]:
        return [make(seller, self._id(seller)) for seller in self._sellers]

    def _id(self, seller: Seller) -> str:
        return str(self._ids[seller.merchant])


def _chunks(seller: Seller, start: datetime, end: datetime) -> Iterator[Lines]:
    """Yield the events of [start, end) in order of time; few days have many rows, many have few."""
    days: list[Lines] = []
    for begin, finish in tile(start, end, DAY):
        days.append(seller.within(epoch_ms(begin), epoch_ms(finish)))
        if sum(map(len, days)) > CHUNK_ROWS:
            yield concatenate(days)
            days = []
    if days:
        yield concatenate(days)
