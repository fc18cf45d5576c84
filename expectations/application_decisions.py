"""Define the gate on a run's scored table of loan applications, before publishing.

The ledger's constraints check each row (limits, statuses, reasons). This gate checks the run as a
whole: a model with the same answer for every row, an unexpected mix of decisions.
"""

from __future__ import annotations

import great_expectations as gx
from great_expectations.expectations.row_conditions import Column

from expectations import vocabulary as say
from expectations.decisions import expectations_of_large_runs, expectations_of_runs

COLUMNS = (
    "application_id",
    "chunk",
    "run_id",
    "version",
    "customer_id",
    "applied_at",
    "requested_amount_minor",
    "currency_code",
    "decision",
    "credit_status",
    "default_probability",
    "second_probability",
    "prediction",
    "grade",
    "pd_horizon_months",
    "confidence",
    "recommended_limit_minor",
    "limit_binding",
    "is_counter_offer",
    "is_overridden",
    "fraud_state",
    "fraud_highest_probability",
    "fraud_decision_count",
    "fraud_review_count",
    "fraud_decline_count",
    "fraud_confirmed_count",
    "fraud_decision_ids",
    "is_degraded",
    "reasons",
    "rule_hits",
    "feature_view",
    "feature_sha256",
    "model_version",
    "policy_version",
    "decided_at",
    "processing_time_ms",
)
_ADVERSE = {
    "An applicant who is not approved has a right to the principal reasons.": Column("decision")
    != "approve",
    "An offer below the request is adverse action too.": Column("is_counter_offer") == True,  # noqa: E712 - builds a condition
}


def applications(rows: int) -> gx.ExpectationSuite:
    """Return the suite for decisions on loan applications.

    Args:
        rows: rows of the run. A run with few rows has no critical check of shares or spread.
    """
    return gx.ExpectationSuite(
        name="decisions.applications",
        expectations=[
            *expectations_of_runs(COLUMNS, ("default_probability", "second_probability")),
            say.ExpectValuesWithin(
                column="recommended_limit_minor",
                min_value=0,
                max_value=say.FINITE,
                severity="critical",
                notes="Nobody is lent less than nothing.",
            ),
            *(
                say.ExpectListLengths(
                    column="reasons",
                    min_value=1,
                    max_value=4,
                    row_condition=condition,
                    severity="critical",
                    notes=why,
                )
                for why, condition in _ADVERSE.items()
            ),
            *expectations_of_large_runs(rows, _mix(), {"default_probability": "critical"}),
        ],
    )


def _mix() -> list[say.Sentence]:
    return [
        say.ExpectValuesNotAmong(
            column="decision",
            value_set=["review"],
            mostly=0.5,
            severity="warning",
            notes="More than half for people is a queue that nobody can work.",
        ),
        say.ExpectValuesNotAmong(
            column="decision",
            value_set=["decline"],
            mostly=0.4,
            severity="warning",
            notes="More than 60 % declined is a drift or a wrong cut-off.",
        ),
    ]
