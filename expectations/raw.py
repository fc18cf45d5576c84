"""Define the gate on a parsed delivery, before any of its rows is admitted.

The parser has checked every single row and quarantined the bad ones. This gate checks the delivery
as a whole: the remaining rows must be usable, and must not look like a file with wrongly mapped
columns. A suite reads one table of `landed`. Most of it follows from the declaration of the feed; a
feed may add expectations of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import great_expectations as gx

from expectations import vocabulary as say
from features.feeds import Column, ColumnKind, Feed

# Placeholder dates of broken clocks lie outside: 1970-01-01, 1900-01-01, 9999-12-31.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
MAX_AMOUNT_MINOR = 10**12 - 1  # the limit of ingest: every card number is longer
MIN_ROWS_TO_VARY = 100  # fewer rows may have equal values


def suite(feed: Feed, further: Sequence[Any] = ()) -> gx.ExpectationSuite:
    """Return the suite of a feed.

    Args:
        feed: gives the columns, the identifiers, the columns with a value in each row, the times.
        further: expectations of this feed alone.
    """
    identifiers = [column.target for column in feed.columns if _is_identifier(feed, column)]
    filled = [column.target for column in feed.columns if column.is_filled]
    times = [column.target for column in feed.columns if column.kind is ColumnKind.INSTANT]
    return gx.ExpectationSuite(
        name=str(feed.suite),
        expectations=[
            columns_of(feed),
            *keys(*identifiers),
            *present("row_number", *(name for name in filled if name not in identifiers)),
            *map(dated, times),
            *further,
        ],
    )


def _is_identifier(feed: Feed, column: Column) -> bool:
    return column == feed.subject or (column.kind is ColumnKind.ID and column.is_filled)


def columns_of(feed: Feed) -> say.ExpectColumns:
    """Expect the columns that admission copies."""
    return say.ExpectColumns(
        column_set=["row_number", *feed.targets],
        severity="critical",
        notes="Admission copies these columns by name.",
    )


def present(*columns: str) -> list[say.ExpectValuesPresent]:
    """Expect a value in each of the columns."""
    return [
        say.ExpectValuesPresent(
            column=column,
            severity="critical",
            notes="A row without it cannot enter the ledger.",
        )
        for column in columns
    ]


def keys(*columns: str) -> list[say.ExpectValuesPresent | say.ExpectTextNotBlank]:
    """Expect identifiers that are present and not blank."""
    blank = [
        say.ExpectTextNotBlank(
            column=column,
            severity="critical",
            notes="Rows with a blank id would all count as one and the same.",
        )
        for column in columns
    ]
    return [*present(*columns), *blank]


def within(column: str, bounds: tuple[Any, Any], why: str) -> say.ExpectValuesWithin:
    """Expect values between two bounds, both included."""
    first, last = bounds
    return say.ExpectValuesWithin(
        column=column, min_value=first, max_value=last, severity="critical", notes=why
    )


def dated(column: str) -> say.ExpectValuesWithin:
    """Expect plausible instants."""
    why = "A placeholder date puts a row outside of every window."
    return within(column, (EARLIEST, LATEST), why)


def varying(column: str, rows: int) -> list[say.ExpectSpread]:
    """Expect amounts that differ, if the delivery has enough rows."""
    if rows < MIN_ROWS_TO_VARY:
        return []
    return [
        say.ExpectSpread(
            column=column,
            min_value=0.5,
            severity="warning",
            notes="One amount in every row is a default, not a price.",
        )
    ]
