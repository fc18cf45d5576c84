"""A question about a model is answered by a person; silence extends the shadow."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.standard.operators.hitl import HITLBranchOperator

from orchestration import approval

MOMENT = datetime(2026, 11, 30, 9, tzinfo=UTC)
ANN = {
    "chosen_options": ["promote"],
    "params_input": {"reason": "fewer frauds"},
    "responded_at": MOMENT,
    "responded_by_user": {"id": "7", "name": "ann"},
}
SILENCE = ANN | {"chosen_options": ["extend shadow"], "params_input": {}, "responded_by_user": None}


def test_an_answer_has_option_person_moment_and_reason() -> None:
    assert approval.answer_of(ANN) == {
        "option": "promote",
        "person": "ann",
        "moment": "2026-11-30T09:00:00+00:00",
        "reason": "fewer frauds",
    }


def test_silence_names_no_person() -> None:
    answer = approval.answer_of(SILENCE)

    assert (answer["option"], answer["person"], answer["reason"]) == ("extend shadow", None, None)


def test_silence_never_promotes() -> None:
    question = approval.ask("fraud_transactions")

    assert question.defaults == [approval.EXTEND]
    assert question.response_timeout == approval.PATIENCE


def test_each_option_leads_to_a_task_of_the_model() -> None:
    assert approval.ask("fraud_transactions").options_mapping == {
        "promote": "fraud_transactions.promote",
        "reject": "fraud_transactions.reject",
        "extend shadow": "fraud_transactions.extend_shadow",
    }


def test_the_answer_is_kept_for_the_tasks_that_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, Any] = {}
    task = SimpleNamespace(xcom_push=lambda key, value: kept.update({key: value}))
    # the branch itself needs a running Airflow
    monkeypatch.setattr(HITLBranchOperator, "execute_complete", lambda *_: ["promote"])

    approval.ask("fraud_transactions").execute_complete({"ti": task}, ANN)

    assert kept == {"answer": approval.answer_of(ANN)}
