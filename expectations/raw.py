"""Phrase the expectations that the suites of several feeds share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from expectations import vocabulary as say

# Placeholder dates of broken clocks lie outside: 1970-01-01, 1900-01-01, 9999-12-31.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
MAX_AMOUNT_MINOR = 10**12 - 1  # the limit of ingest: every card number is longer
MIN_ROWS_TO_VARY = 100  # fewer rows may have equal values


def columns(*names: str) -> say.ExpectColumns:
    """Expect the columns that admission copies."""
    return say.ExpectColumns(
        column_set=list(names),
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
