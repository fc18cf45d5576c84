"""Move outdated statements to the rejected rows; a newer statement has the same key.

Statements are ordered by their declared `known_at` if the source declares it, otherwise by arrival.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from features.ingest.reasons import SENTENCES, WITHHELD, RowReason
from features.platform import database

_IS_OUTDATED = sql.SQL(
    """
    case
        when {offered}.declared_known_at < latest.newest_declared then true
        when {offered}.declared_known_at > latest.newest_declared then false
        else coalesce(latest.delivery_seq = any(%(newer)s::bigint[]), false)
    end
    """
)

_KEEP = sql.SQL(
    """
    with kept as (
        insert into raw.rejected_rows (
            delivery_id, source, object_name, row_number, line_count, reason, detail, original
        )
        select
            %(delivery_id)s,
            %(source)s,
            %(object_name)s,
            landed.row_number,
            landed.line_count,
            %(reason)s,
            %(detail)s,
            coalesce(%(withheld)s, (to_jsonb(landed) - %(ours)s::text[])::text)
        from {table} as landed
        inner join outdated on outdated.row_number = landed.row_number
        returning line_count
    )

    select count(*), coalesce(sum(line_count), 0) from kept
    """
)


def is_outdated(offered: str) -> sql.Composed:
    """Return the SQL whether a row is older than `latest`, the newest statement of its key."""
    return _IS_OUTDATED.format(offered=sql.Identifier(offered))


def create_table(connection: psycopg.Connection[Any]) -> None:
    """Create the temporary table `outdated` for the numbers of outdated rows."""
    connection.execute("create temporary table outdated (row_number bigint) on commit drop")


def move_marked(connection: psycopg.Connection[Any]) -> None:
    """Move the rows with the mark `is_outdated` from `fresh` to `outdated`."""
    connection.execute(
        """
        with older as (
            delete from fresh where is_outdated returning row_number
        )

        insert into outdated select row_number from older
        """
    )


def reject(
    connection: psycopg.Connection[Any],
    table: sql.Identifier,
    values: Mapping[str, Any],
    *,
    conceals: bool,
) -> tuple[int, int]:
    """Write the outdated rows to the rejected rows; return their number of rows and lines."""
    (is_any,) = database.certain(
        "look for outdated rows",
        connection.execute("select exists (select from outdated)").fetchone(),
    )
    if not is_any:
        return 0, 0
    connection.execute("set local timezone = 'UTC'")
    kept = connection.execute(
        _KEEP.format(table=table),
        {
            **values,
            "reason": RowReason.OUTDATED_STATEMENT,
            "detail": SENTENCES[RowReason.OUTDATED_STATEMENT],
            "withheld": WITHHELD if conceals else None,
            "ours": ["row_number", "line_count"],
        },
    ).fetchone()
    rows, lines = database.certain("keep outdated rows", kept)
    return rows, lines
