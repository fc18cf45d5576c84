"""Read the daily history of merchants as known at a moment, group by group.

Two temporary tables hold the days and the series of all merchants, so every merchant is read from
one state of the warehouse. They end with the session. Nothing known after the moment is in them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
from psycopg import sql

from features.platform import database, readers
from features.platform.arrays import Codes
from features.platform.errors import ContractError
from scoring.pricing.groups import MOST_SERIES, Category
from scoring.pricing.history import History

# One big read of all merchants, as a training reads: after a first load there are no statistics.
_PLAN = "set local enable_nestloop = off; set local work_mem = '256MB'"
_DAYS = """
create temporary table price_days as
select * from marts.fct_price_days
where {merchants}
order by merchant_id, product_id
"""
# The category on the newest lines wins over that of the product, as in the forecasts of demand.
_SERIES = """
create temporary table price_series as
with sold as (
    select distinct on (merchant_id, product_id) merchant_id, product_id, category
    from price_days
    where category is not null
    order by merchant_id, product_id, day_number desc, channel, category
),

known as (
    select distinct on (merchant_id, product_id) merchant_id, product_id, department, category
    from raw.products
    where known_at <= {as_of}
    order by merchant_id, product_id, version desc
),

series as (
    select
        days.merchant_id,
        days.product_id,
        days.channel,
        coalesce(sold.category, known.category, '') as category,
        coalesce(known.department, '') as department
    from (select distinct merchant_id, product_id, channel from price_days) as days
    left join sold
        on days.merchant_id = sold.merchant_id and days.product_id = sold.product_id
    left join known
        on days.merchant_id = known.merchant_id and days.product_id = known.product_id
),

counted as (
    select
        *,
        count(*) over category_of_merchant as series_of_category,
        min(department) over category_of_merchant as department_of_category
    from series
    window category_of_merchant as (partition by merchant_id, category)
)

select
    (
        row_number() over (
            order by merchant_id, department_of_category, category, product_id, channel
        ) - 1
    )::integer as series,
    merchant_id,
    product_id,
    channel,
    category
from counted
where
    ('x' || left(md5(product_id), 8))::bit(32)::bigint
    % ((series_of_category - 1) / {most_series} + 1) = 0
"""
_INDEX = """
create index on price_days (merchant_id, product_id);
create index on price_series (series);
analyze price_days, price_series
"""
_MERCHANTS = """
select spans.merchant_id, spans.first_day, spans.last_day, categories.names, categories.firsts,
    categories.ends
from (
    select merchant_id, min(day_number) as first_day, max(day_number) as last_day
    from price_days
    group by merchant_id
) as spans
inner join (
    select
        merchant_id,
        array_agg(category order by first) as names,
        array_agg(first order by first) as firsts,
        array_agg(last + 1 order by first) as ends
    from (
        select merchant_id, category, min(series) as first, max(series) as last
        from price_series
        group by merchant_id, category
    ) as grouped
    group by merchant_id
) as categories on spans.merchant_id = categories.merchant_id
order by spans.merchant_id
"""
_CELLS = """
select
    price_series.series - {first} as series,
    price_days.day_number - {first_day} as day,
    price_days.units,
    price_days.price,
    price_days.is_missing,
    price_days.is_promoted
from price_series
inner join price_days
    on
        price_series.merchant_id = price_days.merchant_id
        and price_series.product_id = price_days.product_id
        and price_series.channel = price_days.channel
where
    price_series.series >= {first}
    and price_series.series < {end}
    and price_days.merchant_id = {merchant}
"""
_TYPES = {
    "series": pa.int64(),
    "day": pa.int64(),
    "units": pa.float64(),
    "price": pa.float64(),
    "is_missing": pa.bool_(),
    "is_promoted": pa.bool_(),
}


@dataclass(frozen=True, slots=True)
class Merchant:
    """A merchant with sales.

    Args:
        merchant_id: its id.
        first_day: number of the first day since 1970.
        last_day: number of the newest day.
        categories: in the order of departments and names.
    """

    merchant_id: str
    first_day: int
    last_day: int
    categories: list[Category]

    @property
    def span(self) -> tuple[date, date]:
        """The first day and the newest day."""
        first, last = (np.datetime64(day, "D").item() for day in (self.first_day, self.last_day))
        return first, last


def gather(
    connection: psycopg.Connection[Any], as_of: datetime, merchant: str | None = None
) -> list[Merchant]:
    """Gather the days known at a moment in temporary tables, and return the merchants with sales.

    Args:
        connection: as role `score`, outside a transaction; the tables end with it.
        as_of: later knowledge is ignored.
        merchant: only this one.

    Raises:
        StatementError: Postgres refuses a statement.
        WarehouseUnavailableError: the server went away.
    """
    chosen: sql.Composable = sql.SQL("true")
    if merchant is not None:
        chosen = sql.SQL("merchant_id = {}").format(sql.Literal(merchant))
    series = sql.SQL(_SERIES).format(as_of=sql.Literal(as_of), most_series=sql.Literal(MOST_SERIES))
    with database.named("gather the days of prices"), connection.transaction():
        connection.execute(_PLAN)
        connection.execute("select set_config('vesper.as_of', %s, true)", (as_of.isoformat(),))
        connection.execute(sql.SQL(_DAYS).format(merchants=chosen))
        connection.execute(series)
        connection.execute(_INDEX)
    rows = database.fetch_all(connection, "list the merchants with sales", _MERCHANTS)
    return [
        Merchant(name, first_day, last_day, list(map(Category, names, firsts, ends)))
        for name, first_day, last_day, names, firsts, ends in rows
    ]


def read(
    connection: psycopg.Connection[Any], merchant: Merchant, group: list[Category]
) -> tuple[History, bytes]:
    """Read some categories of a merchant, whose codes follow the order of the group.

    Args:
        connection: the one that gathered the days.
        merchant: one of those that `gather` returned.
        group: neighbours among its categories.

    Returns:
        The history, and the SHA-256 over ids and days.

    Raises:
        ContractError: pieces or prices are no finite numbers.
    """
    first, end = group[0].first, group[-1].end
    names = database.fetch_all(
        connection,
        "list the series of a merchant",
        "select product_id, channel, category from price_series"
        " where series >= %s and series < %s order by series",
        (first, end),
    )
    query = sql.SQL(_CELLS).format(
        first=sql.Literal(first),
        end=sql.Literal(end),
        first_day=sql.Literal(merchant.first_day),
        merchant=sql.Literal(merchant.merchant_id),
    )
    with database.named("read the days of a merchant"):
        cells = readers.read(connection, query, _TYPES)
    history = _history(cells, names, merchant, [category.name for category in group])
    digest = hashlib.sha256(repr((merchant.first_day, merchant.last_day, names)).encode())
    for matrix in (history.units, history.price, history.promoted):
        digest.update(np.ascontiguousarray(matrix).data)
    return history, digest.digest()


def _history(
    cells: pa.Table, names: list[tuple[Any, ...]], merchant: Merchant, categories: list[str]
) -> History:
    found = {name: cells[name].to_numpy() for name in _TYPES}
    if not np.isfinite(found["units"]).all() or np.isinf(found["price"]).any():
        raise ContractError(
            f"the days of merchant {merchant.merchant_id!r} hold pieces or prices that are no "
            "finite numbers: look for them in marts.fct_price_days, and correct the sales"
        )
    shape = (len(names), merchant.last_day - merchant.first_day + 1)
    place = (found["series"], found["day"])
    units, price = np.zeros(shape), np.full(shape, np.nan)
    promoted = np.zeros(shape, dtype=np.bool_)
    units[place] = np.where(found["is_missing"], np.nan, found["units"])
    price[place], promoted[place] = found["price"], found["is_promoted"]
    products, channels, of_category = zip(*names, strict=True)
    code = {name: number for number, name in enumerate(categories)}
    category: Codes = np.array([code[name] for name in of_category], dtype=np.int64)
    return History(units, price, promoted, _codes(products), _codes(channels), category)


def _codes(names: tuple[str, ...]) -> Codes:
    codes: Codes = np.unique(np.array(names, dtype=object), return_inverse=True)[1]
    return codes.astype(np.int64)
