"""Define the gate on a night's forecasts of demand, before publishing.

The ledger's constraints check each row. This gate checks the run as a whole: lists with gaps, and a
night in which most series have no forecast. The same forecast for all series is a warning alone,
because all products of a season may have ended.
"""

from __future__ import annotations

import great_expectations as gx
from great_expectations.expectations.row_conditions import Column

from expectations import vocabulary as say
from expectations.decisions import (
    SuiteAnswer,
    expectations_of_answers,
    expectations_of_large_runs,
)

DAYS = 28
CLASSES = ("smooth", "erratic", "intermittent", "lumpy", "new")
COLUMNS = (
    "demand_night_id",
    "chunk",
    "run_id",
    "version",
    "merchant_id",
    "product_id",
    "channel",
    "day_at",
    "forecast_status",
    "demand_class",
    "method",
    "expected_units",
    "mean_units",
    "low_units",
    "median_units",
    "high_units",
    "daily_scatter",
    "level_scatter",
    "is_degraded",
    "feature_view",
    "feature_sha256",
    "model_version",
    "policy_version",
    "decided_at",
    "processing_time_ms",
)
ANSWERS = (
    SuiteAnswer("expected_units"),
    *(
        SuiteAnswer(name, length=DAYS)
        for name in ("mean_units", "low_units", "median_units", "high_units")
    ),
)


def forecasts(rows: int) -> gx.ExpectationSuite:
    """Return the suite for a run's forecasts of demand.

    Args:
        rows: rows of the run. A run with few rows has no critical check of shares or spread.
    """
    return gx.ExpectationSuite(
        name="decisions.demand_forecasts",
        expectations=[
            *expectations_of_answers(COLUMNS, ANSWERS),
            say.ExpectValuesAmong(
                column="demand_class",
                value_set=list(CLASSES),
                severity="critical",
                notes="Readers know these classes; the ledger takes no other.",
            ),
            say.ExpectValuesPresent(
                column="method",
                row_condition=Column("is_degraded") == False,  # noqa: E712 - builds a condition
                severity="critical",
                notes="Every forecast says which method gave it.",
            ),
            *expectations_of_large_runs(rows, (), {"expected_units": "warning"}),
        ],
    )
