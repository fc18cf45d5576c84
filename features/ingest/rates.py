"""Find the exchange rate of each row by SQL: the newest rate of its day or before, not too old.

A rate may be older than the row by `max_rate_age_days` of the source. A row without such a rate has
no amount in the base currency, and its delivery gets a note.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

_NEEDED = sql.SQL(
    """
    create temporary table fx_days on commit drop as
    select
        currency_code,
        ({event} at time zone 'UTC')::date as day,
        min(known_at) as first_known_at,
        max(known_at) as last_known_at
    from fresh
    where currency_code <> %(base_currency)s
    group by 1, 2
    """
)

# By currency and day: the newest rate for each range of known_at. A live delivery has one known_at
# and so one rate. In a history load, a correction may change the rate.
_RATES_NEEDED = sql.SQL(
    """
    create temporary table fx_needed on commit drop as
    with candidates as (
        select needed.day, rates.*
        from fx_days as needed
        left join lateral (
            select fx_rates.rate_date, fx_rates.version
            from raw.fx_rates
            where
                fx_rates.currency_code = needed.currency_code
                and fx_rates.rate_date <= needed.day
                and fx_rates.rate_date >= needed.day - %(max_rate_age_days)s
                and fx_rates.known_at <= needed.first_known_at
            order by fx_rates.rate_date desc, fx_rates.version desc
            limit 1
        ) as newest_at_first on true
        inner join raw.fx_rates as rates
            on rates.currency_code = needed.currency_code
            and rates.rate_date <= needed.day
            and rates.rate_date >= needed.day - %(max_rate_age_days)s
            and rates.known_at <= needed.last_known_at
            and (
                newest_at_first.rate_date is null
                or (rates.rate_date, rates.version)
                    >= (newest_at_first.rate_date, newest_at_first.version)
            )
    )

    select
        candidates.currency_code,
        candidates.day,
        candidates.rate * units.factor as minor_rate,
        -- a larger amount exceeds a bigint and gets no base value
        floor(9e18 / greatest(candidates.rate * units.factor, 1)) as largest_minor,
        candidates.known_at as valid_from,
        min(candidates.known_at) over (
            partition by candidates.currency_code, candidates.day
            order by candidates.rate_date desc, candidates.version desc
            rows between unbounded preceding and 1 preceding
        ) as valid_to
    from candidates
    inner join (
        select
            currencies.code,
            10::numeric ^ (
                max(currencies.exponent) filter (where currencies.code = %(base_currency)s) over ()
                - currencies.exponent
            ) as factor
        from unnest(%(currencies)s::text[], %(exponents)s::integer[])
            as currencies (code, exponent)
    ) as units on units.code = candidates.currency_code
    """
)

# Most deliveries have only rows in the base currency.
_NONE_NEEDED = """
create temporary table fx_needed (
    currency_code text,
    day date,
    minor_rate numeric,
    largest_minor numeric,
    valid_from timestamptz,
    valid_to timestamptz
) on commit drop
"""

#: Joins a row of `fresh` to its rate.
OF_ROW = sql.SQL(
    """
    left join fx_needed
        on fx_needed.currency_code = fresh.currency_code
        and fx_needed.day = (fresh.{event} at time zone 'UTC')::date
        and fx_needed.valid_from <= fresh.known_at
        and (fx_needed.valid_to is null or fx_needed.valid_to > fresh.known_at)
    """
)

#: Rounded half away from zero to the base currency's minor unit, from exact decimals.
IN_BASE = sql.SQL(
    """
    case
        when fresh.currency_code = %(base_currency)s then ({amount})::bigint
        when {amount} <= fx_needed.largest_minor
            then round({amount} * fx_needed.minor_rate)::bigint
    end
    """
)

# Days that may lack a rate for some row; usually there are none, so no row is read again.
_GAPS = """
create temporary table fx_gaps on commit drop as
select fx_days.currency_code, fx_days.day
from fx_days
where not exists (
    select
    from fx_needed
    where
        fx_needed.currency_code = fx_days.currency_code
        and fx_needed.day = fx_days.day
        and fx_needed.valid_from <= fx_days.first_known_at
)
"""

_WITHOUT = sql.SQL(
    """
    with without_rate as (
        select
            fresh.currency_code,
            count(*) as row_count,
            max((fresh.{event} at time zone 'UTC')::date) as last_day,
            max(fresh.known_at) as last_known_at
        from fresh
        inner join fx_gaps
            on fx_gaps.currency_code = fresh.currency_code
            and fx_gaps.day = (fresh.{event} at time zone 'UTC')::date
        {rates}
        where fx_needed.currency_code is null
        group by fresh.currency_code
    )

    select
        without_rate.currency_code,
        without_rate.row_count,
        (
            select max(fx_rates.rate_date)
            from raw.fx_rates
            where
                fx_rates.currency_code = without_rate.currency_code
                and fx_rates.rate_date <= without_rate.last_day
                and fx_rates.known_at <= without_rate.last_known_at
        ) as newest
    from without_rate
    order by without_rate.currency_code
    """
)


def find(
    connection: psycopg.Connection[Any], event: sql.Composable, values: Mapping[str, Any]
) -> None:
    """Create `fx_needed`, the rates of the rows of `fresh`."""
    days = connection.execute(_NEEDED.format(event=event), dict(values)).rowcount
    if not days:
        connection.execute(_NONE_NEEDED)
        return
    connection.execute("analyze fx_days")
    connection.execute(_RATES_NEEDED, dict(values))
    connection.execute("analyze fx_needed")


def notes(
    connection: psycopg.Connection[Any], event: sql.Composable, values: Mapping[str, Any]
) -> tuple[str, ...]:
    """Return a note per currency: the number of rows of `fresh` without a rate, and the cause."""
    if not connection.execute(_GAPS).rowcount:
        return ()
    rows = connection.execute(
        _WITHOUT.format(event=event, rates=OF_ROW.format(event=event)), dict(values)
    )
    limit = values["max_rate_age_days"]
    return tuple(
        f"{count} {'row' if count == 1 else 'rows'} of {currency} "
        f"{'has' if count == 1 else 'have'} no base value: "
        + (
            f"the newest rate is of {newest}, older than {limit} days"
            if newest
            else "no rate of that time is known"
        )
        for currency, count, newest in rows
    )
