"""Generate the sales of two merchants inside Postgres: every value is a hash of a row's number.

Each customer has five orders of four lines a year, on days that differ by customer. So a night
knows the same customers after one year of history and after two.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tests.bench.nights import Feed
from tests.bench.traffic import DAY

LINES_A_YEAR = 20
_LINES_OF_ORDER = 4
_LINE = {
    **{name: name for name in ("merchant_id", "order_id", "line_no", "customer_id", "product_id")},
    **{name: name for name in ("category", "channel", "quantity")},
}


def instant(column: str) -> str:
    """Return the SQL of a moment as text with its zone."""
    return f"""to_char({column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


SALES = Feed(
    name="sales",
    key=("sale_line_id", "merchant_id || '/' || order_id || '/' || line_no"),
    key_columns=("merchant_id", "order_id", "line_no"),
    event="occurred_at",
    stored=_LINE
    | {
        "unit_price_minor": "price_minor",
        "discount_minor": "discount_minor",
        "currency_code": "'USD'",
        "unit_price_base_minor": "price_minor",
        "discount_base_minor": "discount_minor",
        "event": "event",
        "is_merchandise": "true",
    },
    written=_LINE
    | {
        "unit_price": "(price_minor / 100.0)::numeric(20, 2)",
        "discount": "(discount_minor / 100.0)::numeric(20, 2)",
        "currency": "'USD'",
        "occurred_at": instant("occurred_at"),
        "event": "event",
        "is_merchandise": "'true'",
    },
)
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


@dataclass(frozen=True, slots=True)
class Shops:
    """Describe the sales of a night of customers and its history.

    Args:
        subjects: the customers of both merchants.
        history_days: whole days before the day of the night.
        month_ends: with built features.
    """

    subjects: int
    history_days: int
    month_ends: int = 0
    kind: str = "customers"
    feeds: tuple[Feed, ...] = (SALES,)

    @property
    def most_rows(self) -> int:
        """Return the lines of a day, whole orders."""
        return self.subjects * LINES_A_YEAR // 365 // _LINES_OF_ORDER * _LINES_OF_ORDER

    @property
    def history(self) -> str:
        """Return the name of its history."""
        return f"shops_{self.subjects}_{self.history_days}"

    @property
    def training(self) -> Shops:
        """Return the shops whose customers teach the models."""
        return Shops(5_000, 365, month_ends=2)

    def rows(self, feed: str, start: datetime, age: int) -> str:
        """Return the SQL of the sales of a day."""
        first = (10_000 - age) * self.most_rows
        return _ROWS.format(
            lines=_LINES_OF_ORDER,
            start=start.isoformat(sep=" "),
            seconds=DAY.total_seconds(),
            first=first,
            last=first + self.most_rows - 1,
            customers=self.subjects,
        )
