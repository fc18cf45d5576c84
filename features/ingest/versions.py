"""Admit row versions with two clocks by SQL.

A row with the content of the newest version is a duplicate; other content makes the next version.
Amounts are also stored in the base currency, at the rate known when the row became known.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from features.feeds import Feed
from features.feeds.admissions import Versions
from features.ingest import content, rates, tables
from features.platform.database import certain


def admission_of(feed: Feed) -> Versions:
    """Return how a feed of row versions is admitted.

    Raises:
        TypeError: the rows of the feed have no versions.
    """
    if feed.versions is None:
        raise TypeError(f"the rows of {feed.name} have no versions")
    return feed.versions


def names_of(feed: Feed) -> dict[str, sql.Composable]:
    """Return the names that statements on a feed of row versions use."""
    versions = admission_of(feed)
    return {
        "id": sql.Identifier(feed.subject.target),
        "event": sql.Identifier(feed.column(versions.event).target),
        "rows": tables.named(feed.table),
        "versions": tables.named(versions.table),
    }


def time_span(
    connection: psycopg.Connection[Any], feed: Feed, table: sql.Identifier
) -> tuple[datetime | None, datetime | None]:
    """Return the times of the first and the last landed row; None where rows are no events."""
    if feed.event is None:
        return None, None
    query = sql.SQL("select min({event}), max({event}) from {table}")
    row = connection.execute(
        query.format(event=sql.Identifier(feed.event.target), table=table)
    ).fetchone()
    first, last = certain("read the time span of landed rows", row)
    return first, last


def ensure_days(connection: psycopg.Connection[Any], feed: Feed, table: sql.Identifier) -> None:
    """Make the partitions of the days that occur, and of no others."""
    if feed.event is None or feed.versions is None or feed.versions.ensure_days is None:
        return
    connection.execute(
        sql.SQL(
            """
            select {ensure_days}(days.day, days.day)
            from (
                select distinct ({event} at time zone 'UTC')::date as day from {table} order by day
            ) as days
            """
        ).format(
            ensure_days=tables.named(feed.versions.ensure_days),
            event=sql.Identifier(feed.event.target),
            table=table,
        )
    )


def find_fresh(
    connection: psycopg.Connection[Any],
    feed: Feed,
    table: sql.Identifier,
    values: Mapping[str, Any],
) -> None:
    """Create `fresh`, the rows of a landed table with new content."""
    names = names_of(feed)
    statement = _FRESH.format(
        **names,
        content_digest=content.digest(feed, "landed"),
        known_at=sql.SQL(_KNOWN_AT).format(**names),
        table=table,
    )
    connection.execute(statement, dict(values))
    if values["newer"]:
        connection.execute(_OUTDATED.format(**names), dict(values))
    if feed.amounts:
        # without statistics the planner sorts all rows to join a few rates
        connection.execute(sql.SQL("analyze fresh (currency_code, {event})").format(**names))


def insert(
    connection: psycopg.Connection[Any], feed: Feed, values: Mapping[str, Any]
) -> tuple[str, ...]:
    """Move `fresh` into the raw table; return notes about missing rates."""
    versions, names = admission_of(feed), names_of(feed)
    if feed.amounts:
        rates.find(connection, names["event"], values)
    if versions.table != feed.table:
        carried = tables.further(
            sql.Identifier(feed.column(name).target) for name in versions.carried
        )
        connection.execute(_VERSIONS.format(**names, carried=carried), dict(values))
    connection.execute(_rows(feed, versions), dict(values))
    return rates.notes(connection, names["event"], values) if feed.amounts else ()


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

_FRESH = sql.SQL(
    """
    create temporary table fresh on commit drop as
    with digested as (
        select
            landed.*,
            {content_digest} as content_digest,
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

# A stated decide_from separates the rows of every file. So one file may hold both the history and
# the rows to decide, in the folder of history loads, where each row keeps its own known_at.
_VERSIONS = sql.SQL(
    """
    insert into {versions} (
        {id}, version, content_digest{carried}, {event}, known_at, delivery_seq, is_history
    )
    select
        {id}, version, content_digest{carried}, {event}, known_at,
        %(delivery_seq)s, coalesce({event} < %(decide_from)s, %(is_history)s)
    from fresh
    """
)

_ROWS = sql.SQL(
    """
    insert into {rows} (
        {targets}, version, delivery_id, delivery_seq, row_number, known_at, is_history{more}
    )
    select
        {columns}, fresh.version, %(delivery_id)s, %(delivery_seq)s, fresh.row_number,
        fresh.known_at,
        coalesce(fresh.{event} < %(decide_from)s, %(is_history)s){computed}
    from fresh
    {rates}
    """
)


def _rows(feed: Feed, versions: Versions) -> sql.Composed:
    names = names_of(feed)
    more = [name.replace("_minor", "_base_minor") for name in feed.amounts]
    computed: list[sql.Composable] = [
        rates.IN_BASE.format(amount=_amount(feed, name)) for name in feed.amounts
    ]
    if versions.table == feed.table:
        more.append("content_digest")
        computed.append(sql.Identifier("fresh", "content_digest"))
    return _ROWS.format(
        **names,
        targets=sql.SQL(", ").join(map(sql.Identifier, feed.targets)),
        more=tables.further(map(sql.Identifier, more)),
        columns=_list(feed.targets, "fresh"),
        rates=rates.OF_ROW.format(**names) if feed.amounts else sql.SQL(""),
        computed=tables.further(computed),
    )


# The whole line is converted: a quantity would multiply the rounding of a converted price.
_PRODUCT = sql.SQL(
    """
    coalesce(
        fresh.{amount},
        case when fresh.{quantity} * fresh.{price} <= 9e18 then fresh.{quantity} * fresh.{price} end
    )
    """
)


def _amount(feed: Feed, target: str) -> sql.Composable:
    """Return the SQL of an amount in the currency of its row."""
    product = feed.product
    if product is None or feed.column(product.amount).target != target:
        return sql.Identifier("fresh", target)
    return _PRODUCT.format(
        amount=sql.Identifier(target),
        quantity=sql.Identifier(feed.column(product.quantity).target),
        price=sql.Identifier(feed.column(product.price).target),
    )
