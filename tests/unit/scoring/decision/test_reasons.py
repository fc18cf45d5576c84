"""Reasons: at most four, what decided first, and only what moved the row."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from scoring.decision.candidates import LIMIT, Speaker
from scoring.decision.component_scores import ComponentScores
from scoring.decision.outcome import Status
from scoring.decision.policy.policy import Rule
from scoring.fraud.merge import Decisions
from scoring.fraud.reasons import render

SPEAKERS = [Speaker(f"thing_{i}", f"feature_{i}", f"Thing {i}") for i in range(6)]
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
    )
    value = 0.5 if status is Status.OK else np.nan
    fraud = ComponentScores(np.array([value]), np.array([status], dtype=object))
    parts = np.array([contributions or [0.0] * 6])
    found: list[dict[str, Any]] = json.loads(render(decided, fraud, SPEAKERS, parts)[0].as_py())
    return found


def test_the_largest_contributions_come_first_and_at_most_four() -> None:
    found = reasons_of(outcome=2, fraud_level=2, contributions=[0.1, 3.0, 0.5, 2.0, 0.2, -4.0])

    assert [r["code"] for r in found] == ["thing_1", "thing_3", "thing_2", "thing_4"]
    assert len(found) == LIMIT
    assert found[0] == {
        "code": "thing_1",
        "origin": "model",
        "feature": "feature_1",
        "text": "Thing 1",
        "weight": 3.0,
    }


def test_what_spoke_for_the_customer_is_no_reason() -> None:
    found = reasons_of(outcome=1, fraud_level=1, contributions=[-1.0, 0.5, -2.0, 0.0, -1.0, -1.0])

    assert [r["code"] for r in found] == ["thing_1"]


def test_a_rule_that_did_not_decide_comes_after_what_did() -> None:
    found = reasons_of(
        outcome=2, fraud_level=2, hits=(True, False), contributions=[1.0, 0, 0, 0, 0, 0]
    )

    assert [r["code"] for r in found] == ["thing_0", "burst"]


def test_a_knock_out_comes_first() -> None:
    found = reasons_of(
        outcome=2, fraud_level=2, hits=(True, True), contributions=[1.0, 0, 0, 0, 0, 0]
    )

    assert [r["code"] for r in found] == ["stop", "thing_0", "burst"]


def test_a_model_that_asked_for_nothing_gives_no_reason() -> None:
    found = reasons_of(outcome=1, hits=(True, False), contributions=[1.0, 2.0, 0, 0, 0, 0])

    assert [r["origin"] for r in found] == ["rule"]


def test_a_degraded_row_says_why_it_has_no_score() -> None:
    found = reasons_of(outcome=1, status=Status.NO_FX_RATE)

    assert [(r["code"], r["origin"]) for r in found] == [("no_fx_rate", "degraded")]


def test_an_anomaly_is_a_reason_of_its_own() -> None:
    found = reasons_of(outcome=1, anomaly_level=1)

    assert [r["code"] for r in found] == ["unusual_pattern"]


def test_a_score_over_the_cut_off_without_any_positive_part_still_has_a_reason() -> None:
    found = reasons_of(outcome=1, fraud_level=1, contributions=[-1.0, -0.5, -2.0, -3.0, -1.0, -1.0])

    assert [r["code"] for r in found] == ["thing_1"]
