"""Define the gate on the segments that a run has assigned, before publishing.

The ledger's constraints check each row. This gate checks the run as a whole: a model that puts
nearly all customers into one segment, or a night in which a whole segment empties.
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

LEVELS = tuple(f"s{number}" for number in range(1, 9))
COLUMNS = (
    "customer_night_id",
    "chunk",
    "run_id",
    "version",
    "merchant_id",
    "customer_id",
    "day_at",
    "segment_status",
    "segment",
    "segment_name",
    "own_distance",
    "runner_up",
    "runner_up_distance",
    "nearest",
    "nights_off",
    "previous_segment",
    "previous_nights_off",
    "previous_model_version",
    "had_segment",
    "move_reason",
    "is_degraded",
    "feature_view",
    "feature_sha256",
    "model_version",
    "policy_version",
    "decided_at",
    "processing_time_ms",
)
LARGEST_SHARE = 0.8  # of the customers in one segment
LEAST_STAYING = 0.85  # of the customers of a segment, from one night to the next


ANSWERS = (
    SuiteAnswer("segment", levels=LEVELS),
    SuiteAnswer("own_distance"),
    SuiteAnswer("runner_up", levels=LEVELS),
    SuiteAnswer("runner_up_distance"),
    SuiteAnswer("nearest", levels=LEVELS),
)


def customer_segments(rows: int) -> gx.ExpectationSuite:
    """Return the suite for a run's segments.

    Args:
        rows: rows of the run. A run with few rows has no check of shares or moves.
    """
    shares = [*_shares(), *_moves(), *_held()] if rows >= MIN_ROWS_TO_VARY else []
    return gx.ExpectationSuite(
        name="decisions.customer_segments",
        expectations=[
            *expectations_of_answers(COLUMNS, ANSWERS),
            say.ExpectValuesWithin(
                column="nights_off",
                min_value=0,
                max_value=2,
                severity="critical",
                notes="On the third night off, a customer has moved.",
            ),
            *expectations_of_large_runs(rows, shares, {"own_distance": "critical"}),
        ],
    )


def _shares() -> list[say.Sentence]:
    return [
        say.ExpectValuesNotAmong(
            column="segment",
            value_set=[level],
            mostly=1 - LARGEST_SHARE,
            severity="critical",
            notes="One segment for nearly all customers is a model that lost its scale.",
        )
        for level in LEVELS
    ]


def _moves() -> list[say.Sentence]:
    return [
        say.ExpectValuesAmong(
            column="segment",
            value_set=[level],
            mostly=LEAST_STAYING,
            row_condition=Column("previous_segment") == level,
            severity="warning",
            notes="A segment that empties in one night has had a promotion, a refit or bad data.",
        )
        for level in LEVELS
    ]


def _held() -> list[say.Sentence]:
    return [
        say.ExpectLevelHeld(
            column="segment",
            level=level,
            beside="runner_up",
            group="merchant_id",
            severity="warning",
            notes="A segment of the model without a customer says nothing; refit the model.",
        )
        for level in LEVELS
    ]
