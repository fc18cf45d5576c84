"""The generated sales and stock of the benchmarks tell one story, in the ledger and in files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from tests.bench import loading, nights, traffic
from tests.bench.stores import Stores
from tests.conftest import Db

NIGHT = Stores(40, 70)
DAY = datetime(2026, 5, 7, tzinfo=UTC)  # a Thursday, on which series are counted
_UNEQUAL = """
select
from (
    select merchant_id, product_id, channel as location, occurred_at, quantity from raw.sales
) as sales
full join (
    select merchant_id, product_id, location, occurred_at, quantity from raw.stock_movements
    where movement = 'sale'
) as movements using (merchant_id, product_id, location, occurred_at, quantity)
where sales.quantity is null or movements.quantity is null
"""
_SOLD_WITHOUT_STOCK = """
select
from raw.sales
inner join raw.stock_levels as counts
    on
        sales.merchant_id = counts.merchant_id
        and sales.product_id = counts.product_id
        and sales.channel = counts.location
        and sales.occurred_at >= counts.counted_at
        and sales.occurred_at < counts.counted_at + interval '7 days'
where counts.on_hand = 0
"""


def test_stores_sell_what_they_move_and_nothing_while_they_have_no_stock(
    migrated: Db, tmp_path: Path
) -> None:
    tables = [f"raw.{feed.name}" for feed in NIGHT.feeds]
    with migrated.superuser() as connection:
        traffic.prepare(connection)
        with loading.without_indexes(connection, tables):
            for statements in nights.add_history(connection, NIGHT, DAY):
                for statement in statements:
                    connection.execute(statement.encode())
        nights.write_day(connection, NIGHT, DAY, tmp_path)

    assert all(migrated.rows(f"select from {table}") for table in tables)
    assert migrated.rows("select from raw.stock_levels where on_hand = 0")
    assert migrated.rows(_UNEQUAL) == []
    assert migrated.rows(_SOLD_WITHOUT_STOCK) == []
    assert {file.parent.name for file in tmp_path.rglob("*.csv")} == {
        feed.name for feed in NIGHT.feeds
    }
