"""Read the rows of a page about a run of `forecast_demand`.

The days before a night are read as they were known to it, so a page shows what the model saw.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import class_row, dict_row

from features.platform import currencies, database
from scoring.pages.forecasts import LARGEST, PAST_DAYS, ClassTotal, Forecasts, Promotion, Series

Row = dict[str, Any]

_TOTALS = """
select demand_class, forecast_status as status, count(*) as series, sum(expected_units) as units
from decisions.demand_forecasts
where run_id = %s
group by demand_class, forecast_status
order by units desc nulls last, series desc
"""
_LARGEST = """
select
    ledger.merchant_id, ledger.product_id, ledger.channel, features.category, ledger.demand_class,
    ledger.method, (ledger.day_at at time zone 'UTC')::date as night,
    'demand/' || ledger.demand_night_id || '/' || ledger.revision as decision_id,
    ledger.expected_units, ledger.mean_units, ledger.low_units, ledger.high_units,
    features.known_at
from (
    select *
    from decisions.demand_forecasts
    where run_id = %s and not is_degraded
    order by expected_units desc, demand_night_id
    limit %s
) as ledger
inner join marts.feat_demand as features
    on
        ledger.demand_night_id = features.demand_night_id
        and ledger.version = features.version
order by ledger.expected_units desc, ledger.demand_night_id
"""
# one row per asked series; the constants let Postgres read the days of these series alone
_ASKED = """
(
    select *
    from unnest(
        %(merchants)s::text[], %(products)s::text[], %(channels)s::text[], %(nights)s::date[],
        %(known)s::timestamptz[]
    ) with ordinality as asked (merchant_id, product_id, channel, night, known_at, place)
) as asked
"""
_PAST = f"""
select
    asked.place::int - 1 as place,
    days.day_number - (asked.night - date '1970-01-01') as day,
    greatest(sum(days.units), 0) as units
from {_ASKED}
inner join marts.fct_demand_days as days
    on
        asked.merchant_id = days.merchant_id
        and asked.product_id = days.product_id
        and asked.channel = days.channel
        and asked.known_at >= days.known_at
where
    days.merchant_id = any(%(merchants)s)
    and days.product_id = any(%(products)s)
    and days.day_number > %(first)s::date - date '1970-01-01' - %(days)s
    and days.day_number <= %(last)s::date - date '1970-01-01'
    and days.day_number between
        asked.night - date '1970-01-01' - %(days)s + 1 and asked.night - date '1970-01-01'
group by place, day
"""  # noqa: S608 - ours
_PROMOTIONS = f"""
select place, starts_on - night as first, ends_on - night as last, price_minor, currency_code
from (
    select distinct on (asked.place, promotions.promotion_id)
        asked.place::int - 1 as place,
        asked.night,
        promotions.*
    from {_ASKED}
    inner join raw.promotions
        on
            asked.merchant_id = promotions.merchant_id
            and asked.product_id = promotions.product_id
            and asked.known_at >= promotions.known_at
    order by asked.place asc, promotions.promotion_id asc, promotions.version desc
) as newest
where
    (channel is null or channel = (%(channels)s::text[])[place + 1])
    and ends_on > night - %(days)s
    and starts_on <= night + %(ahead)s
order by starts_on, ends_on
"""  # noqa: S608 - ours
_PAST_OF_ALL = """
select days.day_number - (%(night)s::date - date '1970-01-01') as day, sum(days.units) as units
from marts.fct_demand_days as days
inner join decisions.demand_forecasts as ledger
    on
        days.merchant_id = ledger.merchant_id
        and days.product_id = ledger.product_id
        and days.channel = ledger.channel
        and ledger.run_id = %(run_id)s
where
    days.day_number > %(night)s::date - date '1970-01-01' - %(days)s
    and days.day_number <= %(night)s::date - date '1970-01-01'
    and days.known_at <= %(known)s
group by day
"""
_MEAN_OF_ALL = """
select sum(ahead.mean) as units
from decisions.demand_forecasts as ledger
cross join lateral unnest(ledger.mean_units) with ordinality as ahead (mean, days_ahead)
where ledger.run_id = %s
group by ahead.days_ahead
order by ahead.days_ahead
"""
_NIGHTS = """
select distinct (day_at at time zone 'UTC')::date as night
from decisions.demand_forecasts
where run_id = %s
limit 2
"""


def forecasts(connection: psycopg.Connection[Any], run_id: UUID) -> Forecasts:
    """Return the rows of a published run.

    Args:
        connection: of role `score`.
        run_id: of a run of `forecast_demand`.
    """
    with connection.cursor(row_factory=class_row(ClassTotal)) as cursor:
        totals = database.fetch_all(cursor, "sum forecasts by class", _TOTALS, (run_id,))
    with connection.cursor(row_factory=dict_row) as rows:
        largest = database.fetch_all(
            rows, "read the largest forecasts", _LARGEST, (run_id, LARGEST)
        )
        nights = database.fetch_all(rows, "read the nights of a run", _NIGHTS, (run_id,))
        night = nights[0]["night"] if len(nights) == 1 else None
        if not largest:
            return Forecasts(totals=totals, night=night)
        past = _past(rows, largest)
        promotions = _promotions(rows, largest)
        return Forecasts(
            totals=totals,
            largest=[
                _series(row, past.get(place, {}), promotions[place])
                for place, row in enumerate(largest)
            ],
            night=night,
            past=[] if night is None else _past_of_all(rows, run_id, night, largest[0]["known_at"]),
            mean=[
                row["units"]
                for row in database.fetch_all(rows, "sum the forecasts", _MEAN_OF_ALL, (run_id,))
            ],
        )


def _asked(series: Sequence[Row]) -> Row:
    """Return the parameters that name some series and their nights."""
    return {
        "merchants": [row["merchant_id"] for row in series],
        "products": [row["product_id"] for row in series],
        "channels": [row["channel"] for row in series],
        "nights": [row["night"] for row in series],
        "known": [row["known_at"] for row in series],
        "first": min(row["night"] for row in series),
        "last": max(row["night"] for row in series),
        "days": PAST_DAYS,
        "ahead": len(series[0]["mean_units"]),
    }


def _past(cursor: psycopg.Cursor[Row], series: Sequence[Row]) -> dict[int, dict[int, float]]:
    """Return the units of each series' days by place and day; day 0 is the night."""
    past: dict[int, dict[int, float]] = defaultdict(dict)
    for row in database.fetch_all(cursor, "read the days of series", _PAST, _asked(series)):
        past[row["place"]][row["day"]] = row["units"]
    return past


def _promotions(cursor: psycopg.Cursor[Row], series: Sequence[Row]) -> dict[int, list[Promotion]]:
    promotions: dict[int, list[Promotion]] = defaultdict(list)
    for row in database.fetch_all(cursor, "read promotions", _PROMOTIONS, _asked(series)):
        digits = currencies.exponent(row["currency_code"])
        price = f"{row['price_minor'] / 10**digits:,.{digits}f} {row['currency_code']}"
        promotions[row["place"]].append(
            Promotion(first=row["first"], last=row["last"], price=price)
        )
    return promotions


def _past_of_all(
    cursor: psycopg.Cursor[Row], run_id: UUID, night: date, known_at: datetime
) -> list[float]:
    values = {"run_id": run_id, "night": night, "known": known_at, "days": PAST_DAYS}
    days = database.fetch_all(cursor, "sum the days of all series", _PAST_OF_ALL, values)
    return _by_day({row["day"]: row["units"] for row in days})


def _series(row: Row, past: dict[int, float], promotions: Sequence[Promotion]) -> Series:
    columns = {name: value for name, value in row.items() if name != "known_at"}
    return Series(**columns, past=_by_day(past), promotions=promotions)


def _by_day(units: dict[int, float]) -> list[float]:
    """Return the units of the days that end with the night; a day without a row has none."""
    return [max(units.get(day, 0.0), 0.0) for day in range(1 - PAST_DAYS, 1)]
