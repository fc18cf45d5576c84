"""Add expectations to the gate on loan applications and their outcomes; see `raw_suites`."""

from __future__ import annotations

from typing import Any

from expectations import raw
from expectations import vocabulary as say

# possible values of each column; a value outside probably belongs to another column
_BOUNDS = {
    "term_months": (1, 600),
    "employment_years": (0, 10),
    "debt_to_income_percent": (0, 10_000),
    "fico_low": (300, 850),
    "fico_high": (300, 850),
    "revolving_utilisation_percent": (0, 10_000),
}


def applications(rows: int) -> list[Any]:
    """Return further expectations for a delivery of loan applications.

    Args:
        rows: rows of the delivery. A delivery with few rows has no check of spread.
    """
    return [
        *(
            raw.within(
                column,
                (0, raw.MAX_AMOUNT_MINOR),
                "Amounts must stay exact and inside a bigint, in the base currency too.",
            )
            for column in ("requested_amount_minor", "annual_income_minor")
        ),
        *(
            raw.within(
                column,
                bounds,
                "A number that this column cannot have is the number of another column.",
            )
            for column, bounds in _BOUNDS.items()
        ),
        say.ExpectValuesPresent(
            column="annual_income_minor",
            mostly=0.5,
            severity="warning",
            notes="Without an income nobody can tell what somebody affords; is it mapped?",
        ),
        *raw.varying("requested_amount_minor", rows),
    ]


def application_labels(rows: int) -> list[Any]:  # noqa: ARG001 - one shape for all feeds
    """Return further expectations for a delivery of loan outcomes."""
    return [
        say.ExpectValuesAmong(
            column="outcome",
            value_set=["fully_paid", "charged_off"],
            mostly=0.00001,
            severity="warning",
            notes="Outcomes of open loans alone teach nothing; are they mapped rightly?",
        ),
    ]
