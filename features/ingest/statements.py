"""Admit landed rows in the way that their feed declares, by SQL where the rows are.

Each way makes one temporary table `fresh` of the landed rows that say something new, moves it into
the raw table, and counts it. The rows that a newer statement has overtaken are in `outdated`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from features.feeds.declarations import Labels, Reference, Versions
from features.ingest import admit_labels, outdated, versions
from features.sources.mapping import SourceFeed


@dataclass(frozen=True, slots=True)
class Admitted:
    """What one admission did.

    Args:
        admitted: rows that entered the raw table.
        admitted_lines: physical lines of those.
        outdated: rows that were set aside because a newer statement was there.
        outdated_lines: physical lines of those.
        known_at: the newest instant at which one of the rows became known.
        notes: what a person should know though nothing stopped.
    """

    admitted: int
    admitted_lines: int
    outdated: int
    outdated_lines: int
    known_at: datetime | None
    notes: tuple[str, ...]


def admit(
    connection: psycopg.Connection[Any],
    feed: SourceFeed,
    table: sql.Identifier,
    values: Mapping[str, Any],
) -> Admitted:
    """Move the rows of a landed table into the raw table; the ingest lock must be held."""
    outdated.prepare(connection)
    declared = feed.declaration
    match declared.admission:
        case Versions():
            notes = _admit_versions(connection, feed, table, values)
        case Labels() as labels:
            notes = ()
            fresh = admit_labels.find_fresh(declared, labels, table)
            _admit_statements(connection, fresh, admit_labels.insert(declared, labels), values)
        case Reference() as reference:
            notes = ()
            is_outdated = outdated.is_outdated("offered")
            fresh = sql.SQL(reference.fresh).format(table=table, is_outdated=is_outdated)
            _admit_statements(connection, fresh, sql.SQL(reference.insert), values)
    set_aside = outdated.keep(connection, table, values, conceals=feed.conceals)
    row = connection.execute(
        "select count(*), coalesce(sum(line_count), 0), max(known_at) from fresh"
    ).fetchone()
    admitted, lines, known_at = row or (0, 0, None)
    return Admitted(admitted, lines, *set_aside, known_at, notes)


def _admit_versions(
    connection: psycopg.Connection[Any],
    feed: SourceFeed,
    table: sql.Identifier,
    values: Mapping[str, Any],
) -> tuple[str, ...]:
    declared = feed.declaration
    versions.find_fresh(connection, declared, table, values)
    notes = versions.insert(connection, declared, values)
    if feed.inline_label and declared.inline_labels:
        inline = declared.inline_labels
        notes += admit_labels.admit_inline(connection, declared, inline, table, values)
    return notes


def _admit_statements(
    connection: psycopg.Connection[Any],
    fresh: sql.Composed,
    insert: sql.SQL | sql.Composed,
    values: Mapping[str, Any],
) -> None:
    """Make `fresh`, take outdated rows out of it, and move the others into the raw table."""
    connection.execute(fresh, dict(values))
    outdated.set_aside(connection)
    connection.execute(insert, dict(values))
