"""Admit landed rows by SQL, in the way that their feed declares.

Each way creates the temporary table `fresh` from the landed rows with new content, moves its rows
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

from features.feeds import Feed
from features.feeds.admissions import Facts, Labels, Reference, Versions
from features.ingest import admit_facts, admit_labels, outdated, rates, unknown_places, versions
from features.platform.database import certain
from features.sources.mapping import SourceFeed


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
    feed: SourceFeed,
    table: sql.Identifier,
    values: Mapping[str, Any],
) -> Admitted:
    """Move the rows of a landed table into the raw table; the caller must hold the ingest lock."""
    outdated.create_table(connection)
    declared = feed.declaration
    match declared.admission:
        case Versions():
            notes = _admit_versions(connection, feed, table, values)
        case Labels() as labels:
            notes = ()
            fresh = admit_labels.find_fresh(declared, labels, table)
            _admit_statements(connection, fresh, admit_labels.insert(declared, labels), values)
        case Facts() as facts:
            notes = _admit_facts(connection, declared, facts, table, values)
        case Reference() as reference:
            notes = ()
            is_outdated = outdated.is_outdated("offered")
            fresh = sql.SQL(reference.fresh).format(table=table, is_outdated=is_outdated)
            _admit_statements(connection, fresh, sql.SQL(reference.insert), values)
    notes += unknown_places.notes(connection, declared)
    outdated_counts = outdated.reject(connection, table, values, conceals=feed.conceals)
    row = connection.execute(
        "select count(*), coalesce(sum(line_count), 0), max(known_at) from fresh"
    ).fetchone()
    admitted, lines, known_at = certain("count admitted rows", row)
    return Admitted(admitted, lines, *outdated_counts, known_at, notes)


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


def _admit_facts(
    connection: psycopg.Connection[Any],
    declared: Feed,
    facts: Facts,
    table: sql.Identifier,
    values: Mapping[str, Any],
) -> tuple[str, ...]:
    connection.execute(admit_facts.find_fresh(declared, facts, table), dict(values))
    outdated.move_marked(connection)
    if declared.amounts:
        rates.find(connection, admit_facts.KNOWN_AT, values)
    connection.execute(admit_facts.insert(declared, facts), dict(values))
    return rates.notes(connection, admit_facts.KNOWN_AT, values) if declared.amounts else ()


def _admit_statements(
    connection: psycopg.Connection[Any],
    fresh: sql.Composed,
    insert: sql.SQL | sql.Composed,
    values: Mapping[str, Any],
) -> None:
    """Create `fresh`, take outdated rows out of it, and move the others into the raw table."""
    connection.execute(fresh, dict(values))
    outdated.move_marked(connection)
    connection.execute(insert, dict(values))
