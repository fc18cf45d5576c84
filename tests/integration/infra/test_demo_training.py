"""A demo whose model cannot be trained ends with the reason, and decides what it can."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.local import stack
from infra.local.demo import train
from infra.local.sample import Sample
from infra.local.state import StackError, State

START = datetime(2018, 8, 1, tzinfo=UTC)
LOG = "rows_counted rows=90\nTooFewLabelsError: 3 frauds are known, 60 are needed\nfailed"


class FakeAirflow:
    """Ends a run of the training with given states of its tasks."""

    def __init__(self, states: Mapping[str, str]) -> None:
        self.states = states
        self.form: Mapping[str, object] = {}

    def await_dag(self, dag_id: str) -> None:
        """Every DAG is parsed."""

    def due_interval(self, dag_id: str) -> None:
        """No interval is due."""

    def set_paused(self, dag_id: str, *, is_paused: bool) -> None:
        """The run starts at once."""

    def trigger(self, dag_id: str, conf: Mapping[str, object], **_: object) -> str:
        self.form = conf
        return "run"

    def run_state(self, dag_id: str, run_id: str) -> str:
        return "failed" if "failed" in self.states.values() else "success"

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        return [{"task_id": name, "state": state} for name, state in self.states.items()]

    def log_tail(self, dag_id: str, run_id: str, task: Mapping[str, Any]) -> str:
        return LOG if task["state"] == "failed" else "Skipping task. reason=no labels are delivered"


def trained(tmp_path: Path, applications: int = 0, **states: str) -> tuple[State, dict[str, str]]:
    state = State("shop", tmp_path)
    state.prepare()
    data = Sample(START, START + timedelta(days=2), transactions=9, applications=applications)
    airflow: Any = FakeAirflow({name.replace("__", "."): value for name, value in states.items()})
    untrained = train(state, airflow, data)
    assert airflow.form == {"as_of": START.isoformat()}
    return state, untrained


def test_a_trained_model_needs_no_second_training(tmp_path: Path) -> None:
    state, untrained = trained(tmp_path, score_transactions__train="success")

    assert untrained == {}
    unused: Any = None
    assert train(state, unused, Sample(START, START)) == {}


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("failed", "3 frauds are known, 60 are needed"),
        ("skipped", "no labels are delivered"),
    ],
)
def test_the_only_job_without_a_model_ends_the_demo_with_reason_and_next_step(
    tmp_path: Path, end: str, reason: str
) -> None:
    with pytest.raises(StackError, match=reason) as caught:
        trained(tmp_path, score_transactions__train=end)

    assert "Next: give more labelled rows" in str(caught.value)
    assert "`make reset SOURCE=shop`" in str(caught.value)
    # the next demo trains again
    assert State("shop", tmp_path).read("demo.json", {}) == {}


def test_another_job_goes_on_and_the_reason_is_remembered(tmp_path: Path) -> None:
    state, untrained = trained(
        tmp_path,
        applications=9,
        score_transactions__train="success",
        score_applications__train="failed",
    )

    assert untrained == {"score_applications": "3 frauds are known, 60 are needed"}
    assert state.read("demo.json", {}) == {"is_trained": True, "untrained": untrained}


def test_the_first_fraud_model_leaves_weeks_unseen_for_a_gate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []
    # a real training needs a stack; its command is all that the demo decides
    monkeypatch.setattr(stack, "run", lambda *call: commands.append(call[2]))
    state = State("synthetic", tmp_path)
    state.prepare()
    early = START - timedelta(weeks=5)
    data = Sample(START, START + timedelta(days=2), transactions=9, tested_from=early)
    airflow: Any = FakeAirflow({"score_transactions.train": "skipped"})

    assert train(state, airflow, data) == {}

    assert airflow.form == {"as_of": START.isoformat(), "skip": ["score_transactions"]}
    (command,) = commands
    assert command[2:6] == ["scoring", "train", "score_transactions", "--as-of"]
    assert command[6] == early.isoformat()


def test_a_failure_before_the_training_ends_the_demo(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="run of train_models failed: the cause is above"):
        trained(tmp_path, admit="failed", score_transactions__train="upstream_failed")
