"""A decision has at most four reasons, the cause of the decision first, and only true causes."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa

from scoring.decision.candidates import LIMIT, FeatureReason
from scoring.decision.component_scores import ComponentScores
from scoring.decision.outcome import Status
from scoring.decision.policy.policy import Rule
from scoring.fraud.merge import Decisions
from scoring.fraud.reasons import render

SPEAKERS = [FeatureReason(f"thing_{i}", f"feature_{i}", f"Thing {i}") for i in range(6)]
RULE = Rule(rule_id="burst", outcome="review", when="x", analyst_text="Burst", applicant_text="b")
KNOCK_OUT = Rule(
    rule_id="stop", outcome="decline", when="x", is_knock_out=True, analyst_text="S",
    applicant_text="s",
)  # fmt: skip


def reasons_of(
    *,
    outcome: int,
    fraud_level: int = 0,
    anomaly_level: int = 0,
    hits: tuple[bool, bool] = (False, False),
    status: Status = Status.OK,
    contributions: list[float] | None = None,
) -> list[dict[str, Any]]:
    decided = Decisions(
        np.array([outcome], dtype=np.int8),
        np.array([status is not Status.OK]),
        np.array([fraud_level], dtype=np.int8),
        np.array([anomaly_level], dtype=np.int8),
        np.array([hits]),
        (RULE, KNOCK_OUT),
        pa.nulls(1, pa.string()),
    )
    value = 0.5 if status is Status.OK else np.nan
    fraud = ComponentScores(np.array([value]), np.array([status], dtype=object))
    parts = np.array([contributions or [0.0] * 6])
    reasons: list[dict[str, Any]] = json.loads(render(decided, fraud, SPEAKERS, parts)[0].as_py())
    return reasons


def test_the_largest_contributions_come_first_and_at_most_four() -> None:
    reasons = reasons_of(outcome=2, fraud_level=2, contributions=[0.1, 3.0, 0.5, 2.0, 0.2, -4.0])

    assert [r["code"] for r in reasons] == ["thing_1", "thing_3", "thing_2", "thing_4"]
    assert len(reasons) == LIMIT
    assert reasons[0] == {
        "code": "thing_1",
        "origin": "model",
        "feature": "feature_1",
        "text": "Thing 1",
        "weight": 3.0,
    }


def test_contributions_in_favour_of_the_customer_are_no_reason() -> None:
    reasons = reasons_of(outcome=1, fraud_level=1, contributions=[-1.0, 0.5, -2.0, 0.0, -1.0, -1.0])

    assert [r["code"] for r in reasons] == ["thing_1"]


def test_a_rule_that_did_not_decide_comes_after_the_causes() -> None:
    reasons = reasons_of(
        outcome=2, fraud_level=2, hits=(True, False), contributions=[1.0, 0, 0, 0, 0, 0]
    )

    assert [r["code"] for r in reasons] == ["thing_0", "burst"]


def test_a_knock_out_comes_first() -> None:
    reasons = reasons_of(
        outcome=2, fraud_level=2, hits=(True, True), contributions=[1.0, 0, 0, 0, 0, 0]
    )

    assert [r["code"] for r in reasons] == ["stop", "thing_0", "burst"]


def test_a_model_that_approves_gives_no_reason() -> None:
    reasons = reasons_of(outcome=1, hits=(True, False), contributions=[1.0, 2.0, 0, 0, 0, 0])

    assert [r["origin"] for r in reasons] == ["rule"]


def test_a_degraded_row_has_the_cause_of_its_missing_score_as_reason() -> None:
    reasons = reasons_of(outcome=1, status=Status.NO_FX_RATE)

    assert [(r["code"], r["origin"]) for r in reasons] == [("no_fx_rate", "degraded")]


def test_an_anomaly_is_a_reason_of_its_own() -> None:
    reasons = reasons_of(outcome=1, anomaly_level=1)

    assert [r["code"] for r in reasons] == ["unusual_pattern"]


def test_a_score_over_the_cut_off_without_a_positive_contribution_has_a_reason() -> None:
    reasons = reasons_of(
        outcome=1, fraud_level=1, contributions=[-1.0, -0.5, -2.0, -3.0, -1.0, -1.0]
    )

    assert [r["code"] for r in reasons] == ["thing_1"]
