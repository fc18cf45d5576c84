"""Define the gate on a night's stock plans, before publishing.

The ledger's constraints check each row. This gate checks the run as a whole. A product that was
never counted, or that has no forecast, has no plan: a store may have many of them, so their share
is a warning. Numbers beyond all stock are not.
"""

from __future__ import annotations

import great_expectations as gx

from expectations import vocabulary as say
from expectations.decisions import (
    MIN_ROWS_FOR_SHARE,
    SuiteAnswer,
    expectations_of_values,
)

DAYS = 28
COLUMNS = (
    "stock_night_id",
    "chunk",
    "run_id",
    "version",
    "merchant_id",
    "product_id",
    "day_at",
    "stock_status",
    "on_hand",
    "reserved",
    "buffered",
    "available",
    "inbound",
    "expected_units",
    "stock_class",
    "service_level",
    "days_of_cover",
    "run_out_probability",
    "unpreventable_probability",
    "expected_lost",
    "period_demand",
    "order_in_days",
    "order_need",
    "order_units",
    "order_overshoot",
    "saved_units",
    "is_dead",
    "excess_units",
    "expiring_units",
    "transfer_from",
    "transfer_to",
    "transfer_units",
    "forecast_ids",
    "forecast_channels",
    "channel_units",
    "channel_scatter",
    "is_degraded",
    "feature_view",
    "feature_sha256",
    "model_version",
    "policy_version",
    "decided_at",
    "processing_time_ms",
)
ANSWERS = (
    SuiteAnswer("run_out_probability", bounds=(0.0, 1.0)),
    SuiteAnswer("unpreventable_probability", bounds=(0.0, 1.0)),
    SuiteAnswer("expected_units", length=DAYS),
    *(
        SuiteAnswer(name)
        for name in (
            "available",
            "inbound",
            "expected_lost",
            "order_units",
            "excess_units",
            "expiring_units",
        )
    ),
)
CLASSES = tuple(value + steadiness for value in "ABC" for steadiness in "XYZ")


def plans(rows: int) -> gx.ExpectationSuite:
    """Return the suite for a run's plans of stock.

    Args:
        rows: rows of the run. In a run with few rows any share is chance.
    """
    return gx.ExpectationSuite(
        name="decisions.stock_plans",
        expectations=[
            *expectations_of_values(COLUMNS, ANSWERS),
            say.ExpectValuesAmong(
                column="stock_class",
                value_set=list(CLASSES),
                severity="critical",
                notes="The policy has a service level for these classes.",
            ),
            *(_shares() if rows >= MIN_ROWS_FOR_SHARE else ()),
        ],
    )


def _shares() -> list[say.Sentence]:
    return [
        say.ExpectValuesNotAmong(
            column="stock_status",
            value_set=[status],
            mostly=mostly,
            severity=severity,
            notes=notes,
        )
        for status, mostly, severity, notes in (
            (
                "invalid_score",
                0.99,
                "critical",
                "Many numbers beyond all stock are a column in another unit.",
            ),
            (
                "no_forecast",
                0.9,
                "warning",
                "Without a forecast no order is proposed: look at forecast_demand of this night.",
            ),
            (
                "no_count",
                0.5,
                "warning",
                "Without a count no order is proposed: ask the merchant for stock levels.",
            ),
        )
    ]
