"""The SQL that admits row versions with two clocks: transactions and applications.

The same content as the newest version is a duplicate; other content is the next version. Amounts
also enter in the base currency, at the rate that was known when their row became known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from features.ingest.layout import LAYOUTS, MONEY


@dataclass(frozen=True, slots=True)
class Admitted:
    """Rows that entered the ledger, and the newest instant at which one became known."""

    admitted: int
    known_at: datetime | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where the row versions of a feed stand in schema `raw`.

    Attributes:
        feed: its name, and that of the table of its rows.
        id_column: of the thing that has versions.
        event: the column that says when it happened.
        versions: the table that keeps versions unique; may be that of the rows.
        has_days: whether the table of its rows has a partition for each UTC day.
    """

    feed: str
    id_column: str
    event: str
    versions: str
    has_days: bool

    @property
    def targets(self) -> tuple[str, ...]:
        """The columns that a delivery fills, in the order of their digest."""
        return tuple(column.target for column in LAYOUTS[self.feed])

    @property
    def amounts(self) -> tuple[str, ...]:
        """Those of them that hold money, in minor units of the row's currency."""
        return tuple(column.target for column in LAYOUTS[self.feed] if column.kind in MONEY)

    @property
    def names(self) -> dict[str, sql.Composable]:
        """What statements call it."""
        return {
            "id": sql.Identifier(self.id_column),
            "event": sql.Identifier(self.event),
            "rows": sql.Identifier("raw", self.feed),
            "versions": sql.Identifier("raw", self.versions),
        }


LEDGERS: Mapping[str, Ledger] = {
    ledger.feed: ledger
    for ledger in (
        Ledger("transactions", "transaction_id", "occurred_at", "transaction_versions", True),
        Ledger("applications", "application_id", "applied_at", "applications", False),
    )
}


def admit(
    connection: psycopg.Connection[Any],
    ledger: Ledger,
    table: sql.Identifier,
    values: Mapping[str, Any],
) -> Admitted:
    """Move the rows of a landed table that say something new; the ingest lock must be held."""
    _find_fresh(connection, ledger, table, values)
    _find_rates(connection, ledger, values)
    if ledger.versions != ledger.feed:
        connection.execute(_VERSIONS.format(**ledger.names), dict(values))
    inserted = connection.execute(_rows(ledger), dict(values))
    row = connection.execute("select max(known_at) from fresh").fetchone()
    return Admitted(inserted.rowcount, row[0] if row else None)


def _list(names: tuple[str, ...], table: str) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(table, name) for name in names)


# Rows of one known_at in a live delivery; in a history load each row has its own, never beyond now.
_KNOWN_AT = """
case
    when %(is_history)s then least(landed.{event} + %(latency)s, %(known_at)s)
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
            greatest(landed.{event}, {known_at})::timestamptz as known_at
        from {table} as landed
        offset 0  -- else the digest is computed where it is compared and where it is stored
    )

    select
        digested.*,
        coalesce(newest.version, 0) + 1 as version
    from digested
    -- looked up row by row: a join would read the whole ledger, and grow with it
    left join lateral (
        select versions.version, versions.content_digest
        from {versions} as versions
        where versions.{id} = digested.{id}
        order by versions.version desc
        limit 1
    ) as newest on true
    where newest.content_digest is distinct from digested.content_digest
    """
)


def _find_fresh(
    connection: psycopg.Connection[Any],
    ledger: Ledger,
    table: sql.Identifier,
    values: Mapping[str, Any],
) -> None:
    statement = _FRESH.format(
        **ledger.names,
        columns=_list(ledger.targets, "landed"),
        known_at=sql.SQL(_KNOWN_AT).format(**ledger.names),
        table=table,
    )
    connection.execute(statement, dict(values))
    # without statistics the planner sorts all rows to join a handful of rates
    connection.execute(sql.SQL("analyze fresh (currency_code, {event})").format(**ledger.names))


# For each currency and day: the rate that is newest at each known_at of the rows, as a range of
# known_at. A live delivery has one known_at, so one rate; a history load may see a rate corrected.
_FX_NEEDED = sql.SQL(
    """
    create temporary table fx_needed on commit drop as
    with needed as (
        select
            currency_code,
            ({event} at time zone 'UTC')::date as day,
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
)


def _find_rates(
    connection: psycopg.Connection[Any], ledger: Ledger, values: Mapping[str, Any]
) -> None:
    connection.execute(_FX_NEEDED.format(**ledger.names), dict(values))
    connection.execute("analyze fx_needed")


_VERSIONS = sql.SQL(
    """
    insert into {versions} (
        {id}, version, content_digest, customer_id, {event}, known_at, delivery_seq, is_history
    )
    select
        {id}, version, content_digest, customer_id, {event}, known_at,
        %(delivery_seq)s, %(is_history)s or coalesce({event} < %(decide_from)s, false)
    from fresh
    """
)

_ROWS = sql.SQL(
    """
    insert into {rows} (
        {targets}, version, delivery_id, delivery_seq, row_number, known_at, is_history, {more}
    )
    select
        {columns}, fresh.version, %(delivery_id)s, %(delivery_seq)s, fresh.row_number,
        fresh.known_at,
        %(is_history)s or coalesce(fresh.{event} < %(decide_from)s, false),
        {computed}
    from fresh
    left join fx_needed
        on fx_needed.currency_code = fresh.currency_code
        and fx_needed.day = (fresh.{event} at time zone 'UTC')::date
        and fx_needed.valid_from <= fresh.known_at
        and (fx_needed.valid_to is null or fx_needed.valid_to > fresh.known_at)
    """
)

# Rounded half away from zero to the base currency's minor unit, from exact decimals.
_IN_BASE = sql.SQL(
    """
    case
        when fresh.currency_code = %(base_currency)s then fresh.{amount}
        when fresh.{amount} <= fx_needed.largest_minor
            then round(fresh.{amount} * fx_needed.minor_rate)::bigint
    end
    """
)


def _rows(ledger: Ledger) -> sql.Composed:
    more = [name.replace("_minor", "_base_minor") for name in ledger.amounts]
    computed = [_IN_BASE.format(amount=sql.Identifier(name)) for name in ledger.amounts]
    if ledger.versions == ledger.feed:
        more.append("content_digest")
        computed.append(sql.SQL("fresh.{}").format(sql.Identifier("content_digest")))
    return _ROWS.format(
        **ledger.names,
        targets=sql.SQL(", ").join(map(sql.Identifier, ledger.targets)),
        more=sql.SQL(", ").join(map(sql.Identifier, more)),
        columns=_list(ledger.targets, "fresh"),
        computed=sql.SQL(", ").join(computed),
    )
