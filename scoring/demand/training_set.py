"""Reads nights of series, and the units of the 28 days that followed, from the warehouse.

A night is the last day of a month, of the history or of live runs. The units are those known at the
moment of the training. A day with a shortage of stock, and a day after the merchant's newest day,
have no units.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
from psycopg import sql

from features.platform.arrays import Floats, Integers
from features.views import FeatureView
from features.views.numbers import as_number
from scoring.demand.job import DAYS
from scoring.demand.past import COLUMNS, Past
from scoring.demand.rows import Rows
from scoring.models import ordered_rows

#: Nights of series of one merchant that a training reads; of more, every k-th series is taken.
MOST_ROWS = 200_000

_SERIES = """
create temporary table demand_series on commit drop as
select
    (row_number() over (order by merchant_id, product_id, channel) - 1)::int as series,
    (dense_rank() over (order by merchant_id) - 1)::int as merchant,
    taken.*
from (
    select distinct nights.merchant_id, nights.product_id, nights.channel
    from (
        select features.*, count(*) over (partition by features.merchant_id) as nights_of_merchant
        from {nights}
    ) as nights
    where
        ('x' || left(md5(nights.product_id), 8))::bit(32)::bigint
        % ((nights.nights_of_merchant - 1) / {most_rows} + 1) = 0
) as taken
"""
_TAKEN = """{table} as features
        where
            features.day_at >= {start}
            and features.day_at < {end}
            and features.known_at <= {as_of}
            and date_trunc('month', features.day_at + interval '1 day', 'UTC')
            = features.day_at + interval '1 day'"""
_NIGHTS = """
with newest as (
    select merchant_id, max(day_number) as day_number
    from marts.fct_demand_days
    where known_at <= {as_of}
    group by merchant_id
)

select demand_series.series, newest.day_number as newest_day, {columns}
from (select features.* from {nights}) as features
inner join demand_series
    on
        features.merchant_id = demand_series.merchant_id
        and features.product_id = demand_series.product_id
        and features.channel = demand_series.channel
inner join newest on features.merchant_id = newest.merchant_id
"""
_DAYS = """
select
    demand_series.series,
    days.day_number,
    case when not bool_or(days.is_short) then greatest(sum(days.units), 0) end::float8 as units
from (
    select merchant_id, product_id, channel, day_number, units, false as is_short
    from marts.fct_demand_days
    where known_at <= {as_of} and day_number > {first}
    union all
    select merchant_id, product_id, channel, day_number, 0, true
    from marts.fct_shortage_days
    where known_at <= {as_of} and day_number > {first}
) as days
inner join demand_series
    on
        days.merchant_id = demand_series.merchant_id
        and days.product_id = demand_series.product_id
        and days.channel = demand_series.channel
group by demand_series.series, days.day_number
"""


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Nights of series in order of day, merchant, product and channel.

    Args:
        rows: columns of the nights, and the units of the days after them, NaN = not known.
        merchants: the number of different merchants.
        digest: the SHA-256 of ids, columns and units.
    """

    rows: Rows
    merchants: int
    digest: str

    @property
    def nights(self) -> Integers:
        """The day numbers of the nights, each once, in order."""
        return np.unique(self.rows.night)

    @property
    def series(self) -> int:
        """The number of different series."""
        return len(np.unique(self.rows.past.series))


def read(
    connection: psycopg.Connection[Any],
    view: FeatureView,
    *,
    start: datetime,
    end: datetime,
    as_of: datetime,
) -> TrainingSet:
    """Read the nights of `[start, end)`, and the units of the days after them.

    Args:
        connection: as role `score`, in a transaction; its temporary table ends with it.
        view: the feature view.
        start: first moment, by `day_at`.
        end: first moment after.
        as_of: later knowledge is ignored.
    """
    # the view of shortages follows the counts and movements that this moment knows
    connection.execute("select set_config('vesper.as_of', %s, true)", (as_of.isoformat(),))
    features = [view.feature(name) for name in COLUMNS]
    taken = sql.SQL(_TAKEN).format(
        table=sql.Identifier(*view.table.split(".")),
        start=sql.Literal(start),
        end=sql.Literal(end),
        as_of=sql.Literal(as_of),
    )
    connection.execute(sql.SQL(_SERIES).format(nights=taken, most_rows=sql.Literal(MOST_ROWS)))
    nights = sql.SQL(_NIGHTS).format(
        as_of=sql.Literal(as_of),
        nights=taken,
        columns=sql.SQL(", ").join(map(as_number, features)),
    )
    types = {"series": pa.int64(), "newest_day": pa.int64()}
    types |= dict.fromkeys(COLUMNS, pa.float64())
    table, places = ordered_rows.read(connection, nights, types, ("night_day", "series"))
    found = {name: table[name].to_numpy()[places.to_numpy()] for name in table.column_names}
    matrix = np.column_stack([found[name] for name in COLUMNS])
    past = Past(np.ascontiguousarray(matrix, dtype=np.float64), found["series"])
    units = _units(past, found["newest_day"], _days(connection, as_of, past))
    ids = connection.execute(
        "select merchant_id, product_id, channel, merchant from demand_series order by series"
    ).fetchall()
    merchants = len({row[-1] for row in ids})
    return TrainingSet(Rows(past, units), merchants, _digest(ids, past, units))


def _days(
    connection: psycopg.Connection[Any], as_of: datetime, past: Past
) -> tuple[Integers, Integers, Floats]:
    """Return series, day and units of the days after the first night, in order of the day."""
    query = sql.SQL(_DAYS).format(
        as_of=sql.Literal(as_of),
        first=sql.Literal(int(past["night_day"].min(initial=np.inf)) if len(past) else 0),
    )
    types = {"series": pa.int64(), "day_number": pa.int64(), "units": pa.float64()}
    table, places = ordered_rows.read(connection, query, types, ("day_number", "series"))
    series, day, units = (table[name].to_numpy()[places.to_numpy()] for name in types)
    return series, day, units


def _units(past: Past, newest_day: Integers, days: tuple[Integers, Integers, Floats]) -> Floats:
    """Return the units of the days after each night: [n, days], NaN = not known.

    A day without an entry is a day without a sale, up to the newest day of the merchant.
    """
    series, day, sold = days
    night = past["night_day"].astype(np.int64)
    ends = night[:, None] + np.arange(1, DAYS + 1)
    units = np.where(ends <= newest_day[:, None], 0.0, np.nan)
    place = np.full(int(past.series.max(initial=-1)) + 1, -1)
    for each in np.unique(night):
        rows = np.flatnonzero(night == each)
        place[:] = -1
        place[past.series[rows]] = rows
        first, last = np.searchsorted(day, [each + 1, each + DAYS + 1])
        row = place[series[first:last]]
        is_taken = row >= 0
        units[row[is_taken], day[first:last][is_taken] - each - 1] = sold[first:last][is_taken]
    return units


def _digest(ids: Sequence[tuple[Any, ...]], past: Past, units: Floats) -> str:
    digest = hashlib.sha256(repr((COLUMNS, ids)).encode())
    for part in (past.series, past.matrix, units):
        digest.update(np.ascontiguousarray(part).data)
    return digest.hexdigest()
