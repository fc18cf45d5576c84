"""Define the gate on a run's scored table of forecasts of spending, before publishing.

The ledger's constraints check each row. This gate checks the run as a whole: forecasts of a model
that no longer reads its features, and forecasts that are no amounts.
"""

from __future__ import annotations

import great_expectations as gx

from expectations.decisions import (
    SuiteAnswer,
    expectations_of_answers,
    expectations_of_large_runs,
)

COLUMNS = (
    "card_customer_night_id",
    "chunk",
    "run_id",
    "version",
    "customer_id",
    "day_at",
    "month_status",
    "spend_30d",
    "spend_30d_low",
    "spend_30d_high",
    "quarter_status",
    "spend_90d",
    "spend_90d_low",
    "spend_90d_high",
    "category_spend_30d",
    "is_degraded",
    "feature_view",
    "feature_sha256",
    "model_version",
    "policy_version",
    "decided_at",
    "processing_time_ms",
)


#: Forecasts of spending, in major units of the base currency.
AMOUNTS = tuple(SuiteAnswer(name) for name in COLUMNS if name.startswith("spend_"))


def customers(rows: int) -> gx.ExpectationSuite:
    """Return the suite for forecasts of the spending of card customers.

    Args:
        rows: rows of the run. A run with few rows has no critical check of shares or spread.
    """
    return gx.ExpectationSuite(
        name="decisions.customers",
        expectations=[
            *expectations_of_answers(COLUMNS, AMOUNTS),
            *expectations_of_large_runs(
                rows, (), {"spend_30d": "critical", "spend_90d": "critical"}
            ),
        ],
    )
