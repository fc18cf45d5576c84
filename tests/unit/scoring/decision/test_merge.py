"""Check the decision table cell by cell."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from scoring.decision.component_scores import ComponentScores
from scoring.decision.outcome import Status
from scoring.decision.policy.policy import (
    FraudThresholds,
    Listing,
    Policy,
    Rule,
    Suppression,
)
from scoring.fraud import merge

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 12, 1, tzinfo=UTC)
EARLIER = datetime(2026, 10, 1, tzinfo=UTC)
CUSTOMER = Listing(customer_id="c1", until=LATER, reason="verified")

RULES = (
    Rule(rule_id="soft", outcome="review", when="soft = 1", analyst_text="s", applicant_text="s"),
    Rule(rule_id="hard", outcome="decline", when="hard = 1", analyst_text="h", applicant_text="h"),
    Rule(
        rule_id="knock_out",
        outcome="decline",
        when="knock = 1",
        is_knock_out=True,
        analyst_text="k",
        applicant_text="k",
    ),
)


def a_policy(**overrides: object) -> Policy:
    thresholds = FraudThresholds(review=0.2, decline=0.8, anomaly_review=0.99)
    values = {"version": "1", "description": "test", "fraud": thresholds, "rules": RULES}
    return Policy(**(values | overrides))  # type: ignore[arg-type]


def scores(value: float | None) -> ComponentScores:
    status = Status.OK if value is not None else Status.MODEL_FAILED
    number = np.nan if value is None else value
    return ComponentScores(np.array([number]), np.array([status], dtype=object))


def decide(
    fraud: float | None = 0.0,
    anomaly: float | None = 0.0,
    *,
    policy: Policy | None = None,
    **hits: float,
) -> str:
    policy = policy or a_policy()
    columns = {name: pa.array([hits.get(name, 0.0)]) for name in ("soft", "hard", "knock")}
    columns |= {
        "customer_id": pa.array(["c1"]),
        "merchant_id": pa.array(["m1"]),
        "occurred_at": pa.array([NOW], pa.timestamp("us", tz="UTC")),
    }
    conditions = policy.conditions({name: array.type for name, array in columns.items()})
    decided = merge.decide(scores(fraud), scores(anomaly), columns, policy, conditions)
    return ("approve", "review", "decline")[decided.outcome[0]]


@pytest.mark.parametrize(
    ("fraud", "anomaly", "hits", "expected"),
    [
        (0.0, 0.0, {}, "approve"),
        (0.1999, 0.0, {}, "approve"),
        (0.2, 0.0, {}, "review"),
        (0.7999, 0.0, {}, "review"),
        (0.8, 0.0, {}, "decline"),
        (0.0, 0.99, {}, "review"),
        (0.0, 1.0, {}, "review"),
        (0.0, 0.0, {"soft": 1}, "review"),
        (0.0, 0.0, {"hard": 1}, "decline"),
        (0.5, 0.0, {"hard": 1}, "decline"),
        (0.9, 0.0, {"soft": 1}, "decline"),
        (None, 0.0, {}, "review"),
        (0.0, None, {}, "review"),
        (None, None, {"hard": 1}, "decline"),
        (0.9, None, {}, "decline"),
    ],
)
def test_the_stricter_of_fraud_anomaly_and_rules_decides(
    fraud: float | None, anomaly: float | None, hits: dict[str, float], expected: str
) -> None:
    assert decide(fraud, anomaly, **hits) == expected


@pytest.mark.parametrize(
    ("fraud", "hits", "expected"),
    [
        (0.9, {}, "approve"),
        (0.9, {"hard": 1}, "approve"),
        (0.0, {"knock": 1}, "decline"),
        (None, {}, "review"),
    ],
)
def test_an_allow_list_lowers_everything_but_a_knock_out_and_a_degraded_row(
    fraud: float | None, hits: dict[str, float], expected: str
) -> None:
    assert decide(fraud, policy=a_policy(allow_list=(CUSTOMER,)), **hits) == expected


def test_an_allow_list_entry_of_another_customer_has_no_effect() -> None:
    listing = Listing(customer_id="c2", until=LATER, reason="verified")

    assert decide(0.9, policy=a_policy(allow_list=(listing,))) == "decline"


def test_an_expired_allow_list_entry_has_no_effect() -> None:
    expired = Listing(customer_id="c1", until=EARLIER, reason="verified")

    assert decide(0.9, policy=a_policy(allow_list=(expired,))) == "decline"


def test_an_allow_list_may_name_a_merchant() -> None:
    merchant = Listing(merchant_id="m1", until=LATER, reason="own shop")

    assert decide(0.9, policy=a_policy(allow_list=(merchant,))) == "approve"


def test_a_suppression_silences_its_rule_and_no_other() -> None:
    quiet = Suppression(rule_id="hard", customer_id="c1", until=LATER, reason="known pattern")
    policy = a_policy(suppressions=(quiet,))

    assert decide(policy=policy, hard=1) == "approve"
    assert decide(policy=policy, hard=1, soft=1) == "review"
    assert decide(0.9, policy=policy, hard=1) == "decline"


def test_an_expired_suppression_has_no_effect() -> None:
    expired = Suppression(rule_id="hard", customer_id="c1", until=EARLIER, reason="was known")

    assert decide(policy=a_policy(suppressions=(expired,)), hard=1) == "decline"


def test_rule_hits_are_written_row_by_row() -> None:
    decided = merge.Decisions(
        *[np.zeros(3, dtype=np.int8)] * 2,
        *[np.zeros(3, dtype=np.int8)] * 2,
        np.array([[True, False, True], [False, False, False], [False, True, False]]),
        RULES,
        pa.nulls(3, pa.string()),
    )

    assert decided.rule_hits_text().to_pylist() == ["{soft,knock_out}", "{}", "{hard}"]


def test_a_policy_without_rules_hits_no_row() -> None:
    decided = merge.Decisions(
        *[np.zeros(2, dtype=np.int8)] * 4,
        np.zeros((2, 0), dtype=bool),
        (),
        pa.nulls(2, pa.string()),
    )

    assert decided.rule_hits_text().to_pylist() == ["{}", "{}"]
