"""Run the SQL of admission, in the same steps for all feeds.

Each feed creates the temporary table `fresh` from the landed rows with new content, moves its rows
into the raw table, and counts them. The temporary table `outdated` has the rows with a newer
statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from features.ingest import admit_labels, outdated, versions
from features.ingest.admit_references import REFERENCES
from features.ingest.versions import LEDGERS
from features.sources.feeds import Feed


@dataclass(frozen=True, slots=True)
class Admitted:
    """The result of one admission.

    Args:
        admitted: rows that entered the raw table.
        admitted_lines: physical lines of the admitted rows.
        outdated: rows that were rejected because a newer statement exists.
        outdated_lines: physical lines of the outdated rows.
        known_at: newest known_at of the rows.
        notes: notes for the operator that stop nothing.
    """

    admitted: int
    admitted_lines: int
    outdated: int
    outdated_lines: int
    known_at: datetime | None
    notes: tuple[str, ...]


def admit(
    connection: psycopg.Connection[Any],
    feed: Feed,
    table: sql.Identifier,
    values: Mapping[str, Any],
) -> Admitted:
    """Move the rows of a landed table into the raw table; the caller must hold the ingest lock."""
    outdated.create_table(connection)
    if feed.name in LEDGERS:
        notes = _admit_versions(connection, feed, table, values)
    elif feed.name in REFERENCES:
        notes = _admit_reference(connection, feed, table, values)
    else:
        notes = _admit_labels(connection, feed, table, values)
    outdated_counts = outdated.reject(connection, table, values, conceals=feed.conceals)
    row = connection.execute(
        "select count(*), coalesce(sum(line_count), 0), max(known_at) from fresh"
    ).fetchone()
    admitted, lines, known_at = row or (0, 0, None)
    return Admitted(admitted, lines, *outdated_counts, known_at, notes)


def _admit_versions(
    connection: psycopg.Connection[Any],
    feed: Feed,
    table: sql.Identifier,
    values: Mapping[str, Any],
) -> tuple[str, ...]:
    ledger = LEDGERS[feed.name]
    versions.find_fresh(connection, ledger, table, values)
    notes = versions.insert(connection, ledger, values)
    if feed.inline_label:
        notes += admit_labels.admit_inline(connection, table, values)
    return notes


def _admit_reference(
    connection: psycopg.Connection[Any],
    feed: Feed,
    table: sql.Identifier,
    values: Mapping[str, Any],
) -> tuple[str, ...]:
    reference = REFERENCES[feed.name]
    is_outdated = outdated.is_outdated("offered")
    connection.execute(reference.fresh.format(table=table, is_outdated=is_outdated), dict(values))
    outdated.move_marked(connection)
    connection.execute(reference.insert.encode(), dict(values))
    return ()


def _admit_labels(
    connection: psycopg.Connection[Any],
    feed: Feed,
    table: sql.Identifier,
    values: Mapping[str, Any],
) -> tuple[str, ...]:
    connection.execute(admit_labels.find_fresh(feed.name, table), dict(values))
    outdated.move_marked(connection)
    connection.execute(admit_labels.insert(feed.name), dict(values))
    return ()
