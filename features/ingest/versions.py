"""Admit row versions with two clocks by SQL: transactions and applications.

A row with the content of the newest version is a duplicate; other content makes the next version.
Amounts are also stored in the base currency, at the rate known when the row became known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from features.ingest import rates
from features.ingest.layout import LAYOUTS, MONEY


@dataclass(frozen=True, slots=True)
class Ledger:
    """The tables of a feed's row versions in schema `raw`.

    Attributes:
        feed: name of the feed and of the table of its rows.
        id_column: column of the id that has versions.
        event: column with the time of the event.
        versions: the table that keeps versions unique; it may be the table of the rows.
        has_days: whether the table of the rows has a partition for each UTC day.
    """

    feed: str
    id_column: str
    event: str
    versions: str
    has_days: bool

    @property
    def targets(self) -> tuple[str, ...]:
        """The delivered columns, in the order of their digest."""
        return tuple(column.target for column in LAYOUTS[self.feed])

    @property
    def amounts(self) -> tuple[str, ...]:
        """The delivered columns with money, in minor units of the row's currency."""
        return tuple(column.target for column in LAYOUTS[self.feed] if column.kind in MONEY)

    @property
    def names(self) -> dict[str, sql.Composable]:
        """The identifiers in SQL statements."""
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


def find_fresh(
    connection: psycopg.Connection[Any],
    ledger: Ledger,
    table: sql.Identifier,
    values: Mapping[str, Any],
) -> None:
    """Create `fresh`, the rows of a landed table with new content."""
    statement = _FRESH.format(
        **ledger.names,
        columns=_list(ledger.targets, "landed"),
        known_at=sql.SQL(_KNOWN_AT).format(**ledger.names),
        table=table,
    )
    connection.execute(statement, dict(values))
    if values["newer"]:
        connection.execute(_OUTDATED.format(**ledger.names), dict(values))
    # without statistics the planner sorts all rows to join a few rates
    connection.execute(sql.SQL("analyze fresh (currency_code, {event})").format(**ledger.names))


def insert(
    connection: psycopg.Connection[Any], ledger: Ledger, values: Mapping[str, Any]
) -> tuple[str, ...]:
    """Move `fresh` into the raw table; return notes about missing rates."""
    rates.find(connection, ledger.names["event"], values)
    if ledger.versions != ledger.feed:
        connection.execute(_VERSIONS.format(**ledger.names), dict(values))
    connection.execute(_rows(ledger), dict(values))
    return rates.notes(connection, ledger.names["event"], values)


def _list(names: tuple[str, ...], table: str) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(table, name) for name in names)


# In a live delivery all rows have one known_at; in a history load each row has its own, never later
# than now.
_KNOWN_AT = """
case
    when %(is_history)s then least(landed.{event} + %(latency)s, %(known_at)s)
    else %(known_at)s
end
"""

# The digest covers neither clocks nor the position in the file. record_send writes types, lengths
# and nulls, so different contents have different forms.
_FRESH = sql.SQL(
    """
    create temporary table fresh on commit drop as
    with digested as (
        select
            landed.*,
            sha256(record_send(row({columns}))) as content_digest,
            greatest(landed.{event}, {known_at})::timestamptz as known_at
        from {table} as landed
        offset 0  -- otherwise Postgres computes the digest twice, to compare and to store it
    )

    select
        digested.*,
        coalesce(newest.version, 0) + 1 as version
    from digested
    -- a lookup per row: a join would read the whole table and slow down with its size
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


# For a delivery that was held: rows that arrived later and were admitted earlier are newer.
_OUTDATED = sql.SQL(
    """
    with older as (
        delete from fresh using {versions} as versions
        where
            versions.{id} = fresh.{id}
            and versions.version = fresh.version - 1
            and versions.delivery_seq = any(%(newer)s)
        returning fresh.row_number
    )

    insert into outdated select row_number from older
    """
)

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
    {rates}
    """
)


def _rows(ledger: Ledger) -> sql.Composed:
    more = [name.replace("_minor", "_base_minor") for name in ledger.amounts]
    computed = [rates.IN_BASE.format(amount=sql.Identifier(name)) for name in ledger.amounts]
    if ledger.versions == ledger.feed:
        more.append("content_digest")
        computed.append(sql.SQL("fresh.{}").format(sql.Identifier("content_digest")))
    return _ROWS.format(
        **ledger.names,
        targets=sql.SQL(", ").join(map(sql.Identifier, ledger.targets)),
        more=sql.SQL(", ").join(map(sql.Identifier, more)),
        columns=_list(ledger.targets, "fresh"),
        rates=rates.OF_ROW.format(**ledger.names),
        computed=sql.SQL(", ").join(computed),
    )
