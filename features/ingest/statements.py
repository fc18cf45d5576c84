"""The SQL of admission: one way for all feeds, computed where the rows are.

Each feed makes one temporary table `fresh` of the landed rows that say something new, moves it into
its ledger, and counts it. What a newer statement has overtaken stands in `outdated`.
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
    """What one admission did.

    Args:
        admitted: rows that entered the ledger.
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
    feed: Feed,
    table: sql.Identifier,
    values: Mapping[str, Any],
) -> Admitted:
    """Move the rows of a landed table into the ledger; the ingest lock must be held."""
    outdated.prepare(connection)
    if feed.name in LEDGERS:
        notes = _admit_versions(connection, feed, table, values)
    elif feed.name in REFERENCES:
        notes = _admit_reference(connection, feed, table, values)
    else:
        notes = _admit_labels(connection, feed, table, values)
    set_aside = outdated.keep(connection, table, values, conceals=feed.conceals)
    row = connection.execute(
        "select count(*), coalesce(sum(line_count), 0), max(known_at) from fresh"
    ).fetchone()
    admitted, lines, known_at = row or (0, 0, None)
    return Admitted(admitted, lines, *set_aside, known_at, notes)


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
    outdated.set_aside(connection)
    connection.execute(reference.insert.encode(), dict(values))
    return ()


def _admit_labels(
    connection: psycopg.Connection[Any],
    feed: Feed,
    table: sql.Identifier,
    values: Mapping[str, Any],
) -> tuple[str, ...]:
    connection.execute(admit_labels.find_fresh(feed.name, table), dict(values))
    outdated.set_aside(connection)
    connection.execute(admit_labels.insert(feed.name), dict(values))
    return ()
