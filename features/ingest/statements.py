"""The SQL of admission: one statement per feed, computed where the rows are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from features.feeds import Feed
from features.ingest import admit_references
from features.ingest.layout import LAYOUTS


@dataclass(frozen=True, slots=True)
class Admitted:
    """Rows that entered the ledger, and the newest instant at which one became known."""

    admitted: int
    known_at: datetime | None


def admit(
    connection: psycopg.Connection[Any],
    feed: Feed,
    table: sql.Identifier,
    values: Mapping[str, Any],
) -> Admitted:
    """Move the rows of a landed table into the ledger; the ingest lock must be held."""
    if feed.name == "transactions":
        _find_fresh(connection, table, values)
        _find_rates(connection, values)
        admitted = _insert_transactions(connection, values)
        if feed.inline_label:
            _execute(connection, admit_references.INLINE_LABELS.format(table=table), values)
        return admitted
    statement = (
        admit_references.LABELS if feed.name == "transaction_labels" else admit_references.RATES
    )
    row = _execute(connection, statement.format(table=table), values).fetchone()
    return Admitted(*(row or (0, None)))


def _execute(
    connection: psycopg.Connection[Any], statement: sql.Composed, values: Mapping[str, Any]
) -> psycopg.Cursor[Any]:
    return connection.execute(statement, dict(values))


_TARGETS = tuple(column.target for column in LAYOUTS["transactions"])


def _list(names: tuple[str, ...], table: str) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(table, name) for name in names)


# Rows of one known_at in a live delivery; in a history load each row has its own, never beyond now.
_KNOWN_AT = """
case
    when %(is_history)s then least(landed.occurred_at + %(latency)s, %(known_at)s)
    else %(known_at)s
end
"""

# The digest knows neither clocks nor the place in the file. record_send writes types, lengths and
# nulls, so no two contents share one form.
_FRESH = sql.SQL(
    """
    create temporary table fresh on commit drop as
    with digested as (
        select
            landed.*,
            sha256(record_send(row({columns}))) as content_digest,
            greatest(landed.occurred_at, {known_at})::timestamptz as known_at
        from {table} as landed
        offset 0  -- else the digest is computed where it is compared and where it is stored
    )

    select
        digested.*,
        coalesce(newest.version, 0) + 1 as version
    from digested
    left join (
        select distinct on (versions.transaction_id)
            versions.transaction_id, versions.version, versions.content_digest
        from raw.transaction_versions as versions
        inner join {table} as landed on landed.transaction_id = versions.transaction_id
        order by versions.transaction_id, versions.version desc
    ) as newest on newest.transaction_id = digested.transaction_id
    where newest.content_digest is distinct from digested.content_digest
    """
)


def _find_fresh(
    connection: psycopg.Connection[Any], table: sql.Identifier, values: Mapping[str, Any]
) -> None:
    statement = _FRESH.format(
        columns=_list(_TARGETS, "landed"), known_at=sql.SQL(_KNOWN_AT), table=table
    )
    _execute(connection, statement, values)
    # without statistics the planner sorts all rows to join a handful of rates
    connection.execute("analyze fresh (currency_code, occurred_at)")


# For each currency and day: the rate that is newest at each known_at of the rows, as a range of
# known_at. A live delivery has one known_at, so one rate; a history load may see a rate corrected.
_FX_NEEDED = """
create temporary table fx_needed on commit drop as
with needed as (
    select
        currency_code,
        (occurred_at at time zone 'UTC')::date as day,
        min(known_at) as first_known_at,
        max(known_at) as last_known_at
    from fresh
    where currency_code <> %(base_currency)s
    group by 1, 2
),

candidates as (
    select needed.day, rates.*
    from needed
    left join lateral (
        select fx_rates.rate_date, fx_rates.version
        from raw.fx_rates
        where
            fx_rates.currency_code = needed.currency_code
            and fx_rates.rate_date <= needed.day
            and fx_rates.known_at <= needed.first_known_at
        order by fx_rates.rate_date desc, fx_rates.version desc
        limit 1
    ) as newest_at_first on true
    inner join raw.fx_rates as rates
        on rates.currency_code = needed.currency_code
        and rates.rate_date <= needed.day
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
    -- what would not fit into a bigint has no rate worth the name
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


def _find_rates(connection: psycopg.Connection[Any], values: Mapping[str, Any]) -> None:
    connection.execute(_FX_NEEDED.encode(), dict(values))
    connection.execute("analyze fx_needed")


_VERSIONS = """
insert into raw.transaction_versions (
    transaction_id, version, content_digest, customer_id, occurred_at, known_at, delivery_seq,
    is_history
)
select
    transaction_id, version, content_digest, customer_id, occurred_at, known_at,
    %(delivery_seq)s, %(is_history)s or coalesce(occurred_at < %(decide_from)s, false)
from fresh
"""

# Amounts are rounded half away from zero to the base currency's minor unit, from exact decimals.
_TRANSACTIONS = sql.SQL(
    """
    insert into raw.transactions (
        {names}, version, delivery_id, delivery_seq, row_number, known_at, is_history,
        amount_base_minor
    )
    select
        {columns}, fresh.version, %(delivery_id)s, %(delivery_seq)s, fresh.row_number,
        fresh.known_at,
        %(is_history)s or coalesce(fresh.occurred_at < %(decide_from)s, false),
        case
            when fresh.currency_code = %(base_currency)s then fresh.amount_minor
            when fresh.amount_minor <= fx_needed.largest_minor
                then round(fresh.amount_minor * fx_needed.minor_rate)::bigint
        end
    from fresh
    left join fx_needed
        on fx_needed.currency_code = fresh.currency_code
        and fx_needed.day = (fresh.occurred_at at time zone 'UTC')::date
        and fx_needed.valid_from <= fresh.known_at
        and (fx_needed.valid_to is null or fx_needed.valid_to > fresh.known_at)
    """
)


def _insert_transactions(
    connection: psycopg.Connection[Any], values: Mapping[str, Any]
) -> Admitted:
    connection.execute(_VERSIONS.encode(), dict(values))
    inserted = _execute(
        connection,
        _TRANSACTIONS.format(
            names=sql.SQL(", ").join(map(sql.Identifier, _TARGETS)),
            columns=_list(_TARGETS, "fresh"),
        ),
        values,
    )
    row = connection.execute("select max(known_at) from fresh").fetchone()
    return Admitted(inserted.rowcount, row[0] if row else None)
