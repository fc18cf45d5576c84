"""Write the sales side of a plan: products and old sales at once, then a file each day.

Sellers and stores share the files of sales and products; stores deliver their stock too.
"""

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
from features.synthesize.plan import DAY, tile
from features.synthesize.stores.delivery import Stores
from features.synthesize.stores.feed_shapes import STORE_PRODUCTS
from features.synthesize.tally import Counts
from features.synthesize.traffic import Traffic

_HISTORY_FILE = 28 * DAY


class Selling:
    """Write the files of sales, products and stock, and their truth."""

    def __init__(self, traffic: Traffic, landing: Landing, counts: Counts, work: Path) -> None:
        plan, sellers, merchants = traffic.plan, traffic.sellers, traffic.world.merchants
        self._plan = plan
        self._sellers = sellers
        self._landing = landing
        self._counts = counts
        self._work = work
        self._ids = identifiers.merchant_ids(len(merchants.category)).to_pylist()
        stores = [self._ids[merchant] for merchant in merchants.stores]
        self._stores = Stores(plan, stores, landing, counts) if stores else None
        self._orders = sale_truth.OrdersFile(work / "orders") if sellers else None

    def history(self) -> None:
        """Write the products, and the sales and the stock before `live_from`."""
        if not self._sellers and self._stores is None:
            return
        start, live_from = self._plan.sales_start, self._plan.live_from
        has_history = start < live_from
        window = (start, live_from if has_history else self._plan.end)
        tables = [sale_files.products(seller, self._id(seller)) for seller in self._sellers]
        shape = PRODUCTS
        if self._stores is not None:
            shape = STORE_PRODUCTS
            tables = [_with_terms(table) for table in tables] + [self._stores.products()]
        self._landing.whole(shape, tables, window, is_history=has_history)
        for begin, end in tile(start, live_from, _HISTORY_FILE):
            self._sales(begin, end, is_history=True)

    def live(self, start: datetime, end: datetime) -> None:
        """Write the sales and the stock of [start, end), a day or a part of it."""
        self._sales(start, end, is_history=False)

    def truth(self, sink: Sink) -> None:
        """Write the truth files."""
        if self._stores is not None:
            self._stores.truth(sink, self._work)
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
        if self._sellers or self._stores is not None:
            self._counts.sale_lines += self._landing.whole(
                SALES, self._tables(start, end), (start, end), is_history=is_history
            )
        if self._stores is not None:
            self._stores.write(start, end, is_history=is_history)

    def _tables(self, start: datetime, end: datetime) -> Iterator[pa.Table]:
        for seller in self._sellers:
            for lines in _chunks(seller, start, end):
                if self._orders is not None:
                    self._orders.write(seller, lines, self._id(seller))
                yield sale_files.sales(seller, lines, self._id(seller))
        if self._stores is not None:
            yield from self._stores.sales(start, end)

    def _each(self, make: Callable[[Seller, str], pa.Table]) -> list[pa.Table]:
        return [make(seller, self._id(seller)) for seller in self._sellers]

    def _id(self, seller: Seller) -> str:
        return str(self._ids[seller.merchant])


def _with_terms(products: pa.Table) -> pa.Table:
    """Add the columns of the suppliers, which a seller does not state."""
    missing = {
        name: pa.nulls(len(products), pa.string())
        for name in STORE_PRODUCTS.columns
        if name not in PRODUCTS.columns
    }
    return pa.table({name: products[name] for name in PRODUCTS.columns} | missing)


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
