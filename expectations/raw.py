"""Define the gate on a parsed delivery, before any of its rows is admitted.

The parser has checked every single row and quarantined the bad ones. This gate checks the delivery
as a whole: the remaining rows must be usable, and must not look like a file with wrongly mapped
columns. A suite reads one table of `landed`. It has row_number and the columns of `raw`, without
version and clocks.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import great_expectations as gx

from expectations import vocabulary as say

# Placeholder dates of broken clocks lie outside: 1970-01-01, 1900-01-01, 9999-12-31.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
MAX_AMOUNT_MINOR = 10**12 - 1  # the limit of ingest: every card number is longer
MIN_ROWS_TO_VARY = 100  # fewer rows may have equal values

TRANSACTION_COLUMNS = (
    "transaction_id",
    "row_number",
    "occurred_at",
    "customer_id",
    "merchant_id",
    "amount_minor",
    "currency_code",
    "transaction_type",
    "card_bin",
    "ip_address",
    "device_id",
    "location_code",
    "channel",
    "transaction_category",
    "customer_segments",
    "merchant_risk_score",
    "card_risk_score",
    "customer_risk_score",
    "is_velocity_alert",
    "is_location_alert",
    "is_device_alert",
    "is_high_value",
)
LABEL_COLUMNS = ("transaction_id", "row_number", "is_fraud", "declared_known_at", "provenance")
RATE_COLUMNS = ("currency_code", "row_number", "rate_date", "rate", "declared_known_at")


def transactions(rows: int) -> gx.ExpectationSuite:
    """Return the suite for a delivery of card transactions.

    Args:
        rows: rows of the delivery. A delivery with few rows has no check of spread.
    """
    return gx.ExpectationSuite(
        name="raw.transactions",
        expectations=[
            columns(TRANSACTION_COLUMNS),
            *keys("transaction_id", "customer_id", "merchant_id"),
            *present("row_number", "occurred_at", "amount_minor", "currency_code"),
            dated("occurred_at"),
            within(
                "amount_minor",
                (0, MAX_AMOUNT_MINOR),
                "Sums over a customer's month must stay exact and inside a bigint.",
            ),
            *(
                within(
                    column,
                    (-say.FINITE, say.FINITE),
                    "NaN passes for a very high score wherever it is compared.",
                )
                for column in ("merchant_risk_score", "card_risk_score", "customer_risk_score")
            ),
            say.ExpectValuesNotAmong(
                column="amount_minor",
                value_set=[0],
                mostly=0.8,
                severity="warning",
                notes="Card verifications cost nothing, but a file full of zeros lost its amounts.",
            ),
            *varying("amount_minor", rows),
        ],
    )


def transaction_labels(rows: int) -> gx.ExpectationSuite:  # noqa: ARG001 - one shape for all suites
    """Return the suite for a delivery of fraud labels."""
    return gx.ExpectationSuite(
        name="raw.transaction_labels",
        expectations=[
            columns(LABEL_COLUMNS),
            *keys("transaction_id"),
            *present("row_number", "is_fraud", "provenance"),
            dated("declared_known_at"),
            say.ExpectValuesAmong(
                column="is_fraud",
                value_set=[True],
                mostly=0.00001,
                severity="warning",
                notes="Labels without a single fraud teach nothing; is the flag mapped rightly?",
            ),
        ],
    )


def fx_rates(rows: int) -> gx.ExpectationSuite:  # noqa: ARG001 - one shape for all suites
    """Return the suite for a delivery of exchange rates."""
    return gx.ExpectationSuite(
        name="raw.fx_rates",
        expectations=[
            columns(RATE_COLUMNS),
            *keys("currency_code"),
            *present("row_number", "rate_date", "rate"),
            dated("declared_known_at"),
            within(
                "rate_date",
                (EARLIEST.date(), LATEST.date()),
                "A rate of a placeholder date is never the newest, or always.",
            ),
            within(
                "rate",
                (1e-9, 1e9),
                "A rate of zero, NaN or absurd size turns every amount into nonsense.",
            ),
        ],
    )


def columns(names: tuple[str, ...]) -> say.ExpectColumns:
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
