"""Define the gate on a night's forecasts of demand, before publishing.

The ledger's constraints check each row. This gate checks the run as a whole: lists with gaps, a
night in which most series have no forecast, and a night that moves the forecasts of most products.
The same forecast for all series is a warning alone: all products of a season may have ended.
"""

from __future__ import annotations

import great_expectations as gx
from great_expectations.expectations.row_conditions import Column

from expectations import vocabulary as say
from expectations.decisions import (
    MIN_ROWS_TO_VARY,
    SuiteAnswer,
    expectations_of_answers,
    expectations_of_large_runs,
)
from expectations.forecast_changes import ExpectFewProductsMoved

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
#: The share of the products that one night may move, by severity. In a generated store, usual
#: nights move up to 7 %, another blend in every class 28 %, a lost week of sales 87 %, and ids of
#: products that were exchanged 77 %.
MOST_MOVED = {"warning": 0.15, "critical": 0.6}
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
    changes = _changes() if rows >= MIN_ROWS_TO_VARY else []
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
            *expectations_of_large_runs(rows, changes, {"expected_units": "warning"}),
        ],
    )


def _changes() -> list[say.Sentence]:
    return [
        ExpectFewProductsMoved(
            column="expected_units",
            max_value=share,
            severity=severity,
            notes="One day of sales moves few products; a broken delivery or model moves most.",
        )
        for severity, share in MOST_MOVED.items()
    ]
