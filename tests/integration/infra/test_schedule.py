"""One command turns on the schedules that a source needs, and no others."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from features.sources import descriptions
from infra.local import schedule
from infra.local.state import StackError, State

CARE = [
    *("train_models", "gate_models", "promote_model"),
    *("maintain_warehouse", "monitor_decisions"),
]


class FakeAirflow:
    """Remembers which DAGs are paused."""

    paused: dict[str, bool]

    def __init__(self, _: State) -> None:
        pass

    def await_dag(self, dag_id: str) -> None:
        """Every DAG is parsed."""

    def set_paused(self, dag_id: str, *, is_paused: bool) -> None:
        self.paused[dag_id] = is_paused

    def is_paused(self, dag_id: str) -> bool:
        return self.paused.get(dag_id, True)

    def next_run(self, _: str) -> datetime:
        return datetime(2026, 11, 29, tzinfo=UTC)


@pytest.fixture
def handbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    """Return a stack whose Airflow is healthy and whose policy is in force."""
    FakeAirflow.paused = {}
    monkeypatch.setattr(schedule, "Airflow", FakeAirflow)
    monkeypatch.setattr(schedule, "airflow_missing", lambda _: [])
    monkeypatch.setattr(schedule, "policy_in_force", lambda _: ("2026.12.1", "sha"))
    return State("fraud_handbook", tmp_path)


@pytest.mark.parametrize(
    ("source", "dags"),
    [
        ("synthetic", ["score_transactions", "score_applications", "estimate_prices", *CARE]),
        ("fraud_handbook", ["score_transactions", *CARE]),
        ("lending_club", ["score_applications", *CARE]),
    ],
)
def test_a_source_needs_the_jobs_whose_feed_it_delivers(source: str, dags: list[str]) -> None:
    needed = list(schedule.scheduled(descriptions.load(source)))

    assert [dag for dag in needed if dag not in schedule.OF_NIGHTS] == dags


def test_the_schedules_are_turned_on_and_off(handbook: State) -> None:
    dags = list(schedule.scheduled(descriptions.load("fraud_handbook")))
    assert schedule.next_step(handbook) == (
        f"`make schedule SOURCE=fraud_handbook` turns on {', '.join(dags)}"
    )

    schedule.turn(handbook, is_on=True)

    assert FakeAirflow.paused == dict.fromkeys(dags, False)
    assert schedule.next_step(handbook) == ""

    schedule.turn(handbook, is_on=False)

    assert FakeAirflow.paused == dict.fromkeys(dags, True)


def test_without_a_policy_the_command_to_activate_one_is_named(
    handbook: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a stack with a warehouse takes a minute to start; the answer is one row of it
    monkeypatch.setattr(schedule, "policy_in_force", lambda _: None)

    with pytest.raises(
        StackError, match=r"no policy is in force.*`\.venv/bin/vesper policy activate"
    ):
        schedule.turn(handbook, is_on=True)

    assert FakeAirflow.paused == {}
    assert schedule.next_step(handbook).startswith("approve a policy (`.venv/bin/vesper policy")


def test_a_stack_without_airflow_is_named(handbook: State, monkeypatch: pytest.MonkeyPatch) -> None:
    # a real Airflow whose scheduler alone is gone starts it again
    monkeypatch.setattr(schedule, "airflow_missing", lambda _: ["scheduler"])

    with pytest.raises(StackError, match=r"\(scheduler\): `make up SOURCE=fraud_handbook`"):
        schedule.turn(handbook, is_on=True)
