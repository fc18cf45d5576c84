"""Generate the sales of two merchants inside Postgres: every value is a hash of a row's number.

Each customer has five orders of four lines a year, on days that differ by customer. So a night
knows the same customers after one year of history and after two.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from tests.bench.traffic import DAY

SOURCE = "shops"
FOLDER = f"landing/{SOURCE}/sales"
HEADER = (
    "merchant_id,order_id,line_no,customer_id,product_id,category,channel,quantity,unit_price,"
    "discount,currency,occurred_at,event,is_merchandise"
)
DESCRIPTION = """
description: The sales that the benchmarks deliver.
time_zone: null
decide_from: {decide_from}
maturity_days: 7
provenance_rank: [chargeback]
feeds:
  sales:
    formats: [csv]
    columns: {{sale_line_id: {{columns: [merchant_id, order_id, line_no]}}, {columns}}}
    settle_seconds: 0
    tolerated_bad_share: 0.05
"""
LINES_A_YEAR = 20
_LINES_OF_ORDER = 4
#: Values of the columns that a mark of a night must have.
NOTHING = {
    "text": "'-'",
    "integer": "0",
    "bigint": "0",
    "double precision": "0",
    "boolean": "false",
    "timestamp with time zone": "'2000-01-01'",
}
_DELIVERY_DAYS = 28


@dataclass(frozen=True, slots=True)
class Shops:
    """Describe the sales of a night and its history.

    Args:
        customers: of both merchants.
        history_days: whole days before the day of the night.
    """

    customers: int
    history_days: int

    @property
    def rows(self) -> int:
        """Return the lines of a day, whole orders."""
        return self.customers * LINES_A_YEAR // 365 // _LINES_OF_ORDER * _LINES_OF_ORDER

    @property
    def history(self) -> str:
        """Return the name of its history."""
        return f"shops_{self.customers}_{self.history_days}"


_ROWS = """
select
    number,
    'm' || who.customer % 2 as merchant_id,
    'o' || who.ordered as order_id,
    1 + number % {lines} as line_no,
    'c' || who.customer as customer_id,
    'p' || who.product as product_id,
    'category ' || who.product % 20 as category,
    (array['store', 'web', 'app'])[1 + who.ordered % 3] as channel,
    1 + floor(uniform(number, 3) * 3)::integer as quantity,
    floor(100 * exp(1 + 2 * uniform(who.product, 4)))::bigint as price_minor,
    case when uniform(number, 5) < 0.2 then 50 else 0 end as discount_minor,
    timestamptz '{start}' + (uniform(who.ordered, 6) * {seconds}) * interval '1 second'
        as occurred_at,
    case when uniform(number, 7) < 0.03 then 'return' else 'sale' end as event
from generate_series({first}::bigint, {last}::bigint) as number
cross join lateral (
    select
        number / {lines} as ordered,
        -- each customer in turn, in an order that the neighbours do not share
        number / {lines} * 7919 % {customers} as customer,
        floor(uniform(number, 2) * 1000)::bigint as product
    offset 0
) as who
"""
_DELIVERY = """
with ticked as (
    update raw.ledger_clock
    set last_delivery_seq = last_delivery_seq + 1,
        last_known_at = greatest(last_known_at, %(known_at)s)
    returning last_delivery_seq
)
insert into raw.deliveries (
    delivery_id, delivery_seq, source, feed, object_name, content_sha256, size_bytes, load_kind,
    state, rows_in_file, rows_admitted, known_at, admitted_at, first_occurred_at, last_occurred_at
)
select
    gen_random_uuid(), last_delivery_seq, 'shops', 'sales', 'sales-' || last_delivery_seq,
    'sales-' || last_delivery_seq, 1, 'history', 'admitted', %(rows)s, %(rows)s, %(known_at)s,
    %(known_at)s, %(start)s, %(last)s
from ticked
returning delivery_id, delivery_seq
"""
_INSERT = """
insert into raw.sales (
    sale_line_id, version, content_digest, delivery_id, delivery_seq, row_number, occurred_at,
    known_at, is_history, merchant_id, order_id, line_no, customer_id, product_id, category,
    channel, quantity, unit_price_minor, discount_minor, currency_code, unit_price_base_minor,
    discount_base_minor, event, is_merchandise
)
select
    merchant_id || '/' || order_id || '/' || line_no, 1, '', '{delivery}', {seq}, number,
    occurred_at, occurred_at, true, merchant_id, order_id, line_no, customer_id, product_id,
    category, channel, quantity, price_minor, discount_minor, 'USD', price_minor, discount_minor,
    event, true
from ({rows}) as made
order by occurred_at
"""


def _rows(shops: Shops, start: datetime, age: int) -> str:
    """Return the rows of the day that lies so many days before the day of the night."""
    first = (10_000 - age) * shops.rows
    return _ROWS.format(
        lines=_LINES_OF_ORDER,
        start=start.isoformat(sep=" "),
        seconds=DAY.total_seconds(),
        first=first,
        last=first + shops.rows - 1,
        customers=shops.customers,
    )


@contextmanager
def without_indexes(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Load history into a bare table: creating an index is much faster than maintaining it."""
    keys = connection.execute(
        "select conname, pg_get_constraintdef(oid) from pg_constraint "
        "where conrelid = 'raw.sales'::regclass and contype = 'p'"
    ).fetchall()
    for name, _ in keys:
        connection.execute(f"alter table raw.sales drop constraint {name}".encode())
    indexes = connection.execute(
        "select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index "
        "where indrelid = 'raw.sales'::regclass"
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f"drop index {name}".encode())
    yield
    connection.execute(b"set maintenance_work_mem = '1GB'")
    for name, definition in keys:
        connection.execute(f"alter table raw.sales add constraint {name} {definition}".encode())
    for _, definition in indexes:
        connection.execute(definition.encode())


def add_history(
    connection: psycopg.Connection[Any], shops: Shops, day: datetime
) -> Iterator[list[str]]:
    """Enter the days before `day` as admitted deliveries, old ones first.

    Yields:
        the statements that add the rows of a delivery; they may run at the same time.
    """
    for oldest in range(shops.history_days, 0, -_DELIVERY_DAYS):
        ages = range(oldest, max(oldest - _DELIVERY_DAYS, 0), -1)
        start, end = day - ages[0] * DAY, day - (ages[-1] - 1) * DAY
        values = {
            "rows": len(ages) * shops.rows,
            "known_at": end,
            "start": start,
            "last": end - timedelta(seconds=1),
        }
        delivery = connection.execute(_DELIVERY, values).fetchone()
        assert delivery is not None
        yield [
            _INSERT.format(
                delivery=delivery[0], seq=delivery[1], rows=_rows(shops, day - age * DAY, age)
            )
            for age in ages
        ]


def write_day(
    connection: psycopg.Connection[Any], shops: Shops, day: datetime, folder: Path
) -> None:
    """Write the file of the day as a merchant delivers it: CSV with a header."""
    command = f"""
        copy (
            select
                merchant_id, order_id, line_no, customer_id, product_id, category, channel,
                quantity, (price_minor / 100.0)::numeric(20, 2),
                (discount_minor / 100.0)::numeric(20, 2),
                'USD', to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                event, 'true'
            from ({_rows(shops, day, 0)}) as made
        ) to stdout (format csv)
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "day.csv").open("wb") as file, connection.cursor() as cursor:
        file.write(f"{HEADER}\n".encode())
        with cursor.copy(command.encode()) as copy:
            for block in copy:
                file.write(block)
