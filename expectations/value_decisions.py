"""Define the gate on a run's customer values, before publishing.

The ledger's constraints check each row. This gate checks the run as a whole: a model that gives all
customers the same value, or none a value, stops here.
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

COLUMNS = (
    "customer_night_id",
    "chunk",
    "run_id",
    "version",
    "merchant_id",
    "customer_id",
    "day_at",
    "purchases_status",
    "expected_purchases_30d",
    "expected_purchases_90d",
    "spend_status",
    "expected_spend_30d",
    "expected_spend_90d",
    "activity_status",
    "p_active",
    "value_method",
    "is_degraded",
    "feature_view",
    "feature_sha256",
    "model_version",
    "policy_version",
    "decided_at",
    "processing_time_ms",
)
#: The answers that vary in a large run. Where no dropout shows, every customer counts as active.
SPREAD = {"p_active": "warning", "expected_purchases_90d": "critical"}


ANSWERS = (
    # purchases are counted in days, so the horizon bounds them
    SuiteAnswer("expected_purchases_30d", (0.0, 30.0)),
    SuiteAnswer("expected_purchases_90d", (0.0, 90.0)),
    SuiteAnswer("expected_spend_30d"),
    SuiteAnswer("expected_spend_90d"),
    SuiteAnswer("p_active", (0.0, 1.0)),
)


def customers(rows: int) -> gx.ExpectationSuite:
    """Return the suite for the values of a run's customers.

    Args:
        rows: rows of the run. A run with few rows has no critical check of shares or spread.
    """
    return gx.ExpectationSuite(
        name="decisions.customer_values",
        expectations=[
            *expectations_of_answers(COLUMNS, ANSWERS),
            say.ExpectValuesAmong(
                column="value_method",
                value_set=["mbg_nbd", "boosting"],
                severity="critical",
                notes="Readers know these methods; the ledger takes no other.",
            ),
            say.ExpectValuesPresent(
                column="value_method",
                row_condition=Column("is_degraded") == False,  # noqa: E712 - builds a condition
                severity="critical",
                notes="Every value says which method gave it.",
            ),
            *expectations_of_large_runs(rows, (), SPREAD),
        ],
    )
