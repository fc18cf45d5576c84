"""Check a file as a whole, after each of its rows has a verdict."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from features.ingest import landing
from features.ingest.checks import Rules
from features.ingest.faults import Faults
from features.ingest.reasons import HoldReason, RowReason
from features.platform import database
from features.sources.mapping import SourceFeed

_PREFIX_SHARE = 0.2


@dataclass(slots=True)
class Tally:
    """The counts of a file, collected chunk by chunk.

    Args:
        rows: rows of the file.
        lines: physical lines of the rows; a format without lines has one line per row.
        rejected_lines: lines of the rejected rows.
        reasons: rejected rows by reason.
        prefixes: number of values with the prefix of a card number, by column.
        faults: rejected rows by reason and column, with some of their texts.
        remarks: rows by a remark about them, which stops nothing.
    """

    rows: int = 0
    lines: int = 0
    rejected_lines: int = 0
    reasons: Counter[RowReason] = field(default_factory=Counter)
    prefixes: Counter[str] = field(default_factory=Counter)
    faults: Faults = field(default_factory=Faults)
    remarks: Counter[str] = field(default_factory=Counter)


def hold_reason(
    connection: psycopg.Connection[Any], table: str, tally: Tally, rules: Rules
) -> str | None:
    """Return the reason to hold a parsed file, or None."""
    return (
        too_many_bad(tally, rules.feed)
        or _too_many_days(connection, table, rules)
        or _same_applicant(connection, table, rules)
    )


def notes(tally: Tally, feed: SourceFeed) -> list[str]:
    """Return notes on the values of a file; they stop nothing.

    They name declared identifiers that resemble card numbers, and count local times that exist
    twice or not at all.
    """
    remarks = [f"{count} rows: {remark}" for remark, count in sorted(tally.remarks.items())]
    return [
        *remarks,
        *_prefix_notes(tally, feed),
    ]


def _prefix_notes(tally: Tally, feed: SourceFeed) -> list[str]:
    return [
        f"{name} is declared numeric_id; {count} of {tally.rows} values begin as card numbers do"
        for name, count in sorted(tally.prefixes.items())
        if count > _PREFIX_SHARE * tally.rows and name in feed.numeric_id
    ]


def too_many_bad(tally: Tally, feed: SourceFeed) -> str | None:
    """Return the reason to hold a file with more bad lines than its source tolerates, or None.

    It compares lines, not rows, because a bad row of many lines may contain good rows. A label that
    is not known yet is no fault.
    """
    unknown = tally.reasons[RowReason.NOT_KNOWN_YET]
    bad, lines = tally.rejected_lines - unknown, tally.lines
    if not bad or bad <= feed.tolerated_bad_share * lines:
        return None
    counts = ", ".join(f"{reason} {count}" for reason, count in tally.reasons.most_common())
    advice = tally.faults.advice(feed)
    hint = f"; {advice}" if advice else ""
    unit = "rows" if lines == tally.rows else "lines"
    return (
        f"{HoldReason.TOO_MANY_BAD_ROWS}: {bad} of {lines} {unit} "
        f"({bad / lines:.1%}, tolerated {feed.tolerated_bad_share:.1%}): {counts}{hint}"
    )


def _too_many_days(connection: psycopg.Connection[Any], table: str, rules: Rules) -> str | None:
    feed = rules.feed.declaration
    if feed.versions is None or feed.versions.ensure_days is None:
        return None
    # without the seam: an error of the driver over a value holds the file
    row = connection.execute(
        sql.SQL("select count(distinct ({event} at time zone 'UTC')::date) from {table}").format(
            event=sql.Identifier(feed.column(feed.versions.event).target),
            table=landing.identifier(table),
        )
    ).fetchone()
    (days,) = database.certain("count the days of a file", row)
    return too_many_days(days, rules)


def too_many_days(days: int, rules: Rules) -> str | None:
    """Return the reason to hold a file with rows of so many days, or None."""
    feed = rules.feed.declaration
    if feed.versions is None or feed.versions.ensure_days is None or days <= rules.limits.days:
        return None
    return f"{HoldReason.TOO_MANY_DAYS}: rows of {days} days, allowed {rules.limits.days}"


def _same_applicant(connection: psycopg.Connection[Any], table: str, rules: Rules) -> str | None:
    """Find a placeholder that many persons share, because it would merge their histories."""
    feed = rules.feed.declaration
    if feed.person is None:
        return None
    row = connection.execute(
        sql.SQL("select count(*) from {table} group by {person} order by 1 desc limit 1").format(
            table=landing.identifier(table),
            person=sql.Identifier(feed.column(feed.person).target),
        )
    ).fetchone()
    return same_applicant(row[0] if row else 0, rules)


def same_applicant(most: int, rules: Rules) -> str | None:
    """Return the reason to hold a file with so many rows of one person, or None."""
    feed = rules.feed.declaration
    if feed.person is None or most <= rules.limits.same_applicant:
        return None
    return (
        f"{HoldReason.SAME_APPLICANT}: {most} {feed.name} of one {feed.person}, allowed "
        f"{rules.limits.same_applicant}; a placeholder names no person"
    )
