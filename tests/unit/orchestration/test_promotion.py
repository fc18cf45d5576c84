"""The tasks about challengers skip what has no answer yet, and act on the word of a person only."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from features.platform import settings as configuration
from features.platform.errors import ConfigurationError
from features.platform.settings import Settings
from orchestration import promotion
from scoring.promotion import decisions
from tests.unit.orchestration.test_run_request import context

RUN_AFTER = context()["dag_run"].run_after
FRAUD, CREDIT = "fraud_transactions", "credit_applications"
ASKED = {"model": FRAUD, "version": "4", "verdict_sha256": "a" * 64}
ANN = {"option": "promote", "person": "ann", "moment": "2026-11-30T09:00", "reason": "fewer frauds"}
ACTS = {
    "promote": promotion.promote,
    "reject": promotion.reject,
    "extend shadow": promotion.extend_shadow,
}


def waiting(monkeypatch: pytest.MonkeyPatch, found: Any) -> None:
    """Give the tasks the gate that waits, or the reason why none does."""
    monkeypatch.setattr(promotion, "_waiting", lambda _: found)  # a warehouse and a registry know


def gate(requested_by: str = "manual__1", extended_at: datetime | None = None) -> Any:
    """Return a gate that waits."""
    record = SimpleNamespace(
        challenger_version="4",
        verdict="better",
        verdict_sha256="a" * 64,
        requested_by=requested_by,
    )
    return SimpleNamespace(gate=record, extended_at=extended_at, page="| test | verdict |")


def announcing(open_questions: int = 0) -> dict[str, Any]:
    """Return the context of a task that announces, in an Airflow with open questions."""
    ti = SimpleNamespace(get_dr_count=lambda **_: open_questions)
    return context() | {"ti": ti, "outlet_events": {promotion.PASSED: SimpleNamespace(extra={})}}


def event_about(model: str | None) -> dict[str, Any]:
    """Return the context of a run that an event of the asset has started."""
    extra = {"model": model} if model else {}
    events = {promotion.PASSED: [SimpleNamespace(extra=extra)]}
    return context() | {"triggering_asset_events": events}


def answered(answer: dict[str, Any] | None) -> dict[str, Any]:
    """Return the context of a task after the question was answered."""

    def pull(task_ids: str, key: str = "return_value") -> Any:
        return {f"{FRAUD}.find": ASKED, f"{FRAUD}.decide": answer}[task_ids]

    return context() | {"ti": SimpleNamespace(xcom_pull=pull)}


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Record the calls of the core, which needs a warehouse and a registry."""
    calls: list[dict[str, Any]] = []

    def record(action: str) -> Any:
        def act(model: str, version: str, **facts: Any) -> Any:
            calls.append({"action": action, "model": model, "version": version} | facts)
            return SimpleNamespace(as_dict=dict)

        return act

    for action in ("promote", "reject", "extend"):
        monkeypatch.setattr(decisions, action, record(action))
    monkeypatch.setattr(configuration, "get_settings", Settings)
    return calls


def test_the_models_with_a_gate_plan_are_gated() -> None:
    assert [job.slot.name for job in promotion.gated()] == [FRAUD, CREDIT]


@pytest.mark.parametrize(
    ("found", "open_questions"),
    [
        (gate(), 1),
        (gate("ann"), 0),
        (gate("ann", extended_at=RUN_AFTER - timedelta(days=7)), 0),
    ],
    ids=["of this run", "by hand", "a week after a longer shadow"],
)
def test_a_passed_gate_is_announced(
    monkeypatch: pytest.MonkeyPatch, found: Any, open_questions: int
) -> None:
    waiting(monkeypatch, found)
    run = announcing(open_questions)

    promotion.announce("score_transactions", run)

    assert run["outlet_events"][promotion.PASSED].extra == ASKED | {"verdict": "better"}


@pytest.mark.parametrize(
    ("found", "open_questions", "reason"),
    [
        ("the newest gate has not passed", 0, "has not passed"),
        (gate("ann"), 1, "waits for its answer"),
        (gate("ann", extended_at=RUN_AFTER - timedelta(days=6)), 0, "was extended at 2026-11-15"),
    ],
)
def test_nobody_is_asked_twice(
    monkeypatch: pytest.MonkeyPatch, found: Any, open_questions: int, reason: str
) -> None:
    waiting(monkeypatch, found)
    run = announcing(open_questions)

    with pytest.raises(AirflowSkipException, match=reason):
        promotion.announce("score_transactions", run)

    assert run["outlet_events"][promotion.PASSED].extra == {}


def test_a_person_is_asked_about_the_version_and_its_verdict(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waiting(monkeypatch, gate())

    question = promotion.find(FRAUD, event_about(FRAUD))

    assert {name: question[name] for name in ASKED} == ASKED
    assert question["subject"] == f"{FRAUD}: is version 4 to become champion?"
    assert question["body"] == "| test | verdict |"


@pytest.mark.parametrize("run", [event_about(CREDIT), event_about(None), context(model=CREDIT)])
def test_a_run_about_another_model_asks_nobody(
    monkeypatch: pytest.MonkeyPatch, run: dict[str, Any]
) -> None:
    waiting(monkeypatch, gate())

    with pytest.raises(AirflowSkipException, match="about another model"):
        promotion.find(FRAUD, run)


def test_without_a_waiting_gate_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting(monkeypatch, "bob has promoted version 4 since")

    with pytest.raises(AirflowSkipException, match="bob has promoted"):
        promotion.find(FRAUD, event_about(FRAUD))
    with pytest.raises(ConfigurationError, match="bob has promoted"):
        promotion.find(FRAUD, context(model=FRAUD))


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="model is none of"):
        promotion.find(FRAUD, context(model="demand"))


@pytest.mark.parametrize("option", ACTS)
def test_the_core_gets_person_reason_and_moment(decided: list[dict[str, Any]], option: str) -> None:
    ACTS[option](FRAUD, answered(ANN | {"option": option}))

    (call,) = decided
    assert call["action"] == option.split(maxsplit=1)[0]
    assert (call["model"], call["version"], call["person"]) == (FRAUD, "4", "ann")
    assert call["reason"] == "fewer frauds (Airflow, 2026-11-30T09:00)"
    assert call["source"] == "airflow"


def test_a_promotion_carries_the_verdict_that_the_person_saw(
    decided: list[dict[str, Any]],
) -> None:
    promotion.promote(FRAUD, answered(ANN))

    assert decided[0]["verdict_sha256"] == "a" * 64


@pytest.mark.parametrize("option", ["promote", "reject"])
@pytest.mark.parametrize(
    "answer",
    [None, {"option": "extend shadow"}, {"person": None}],
    ids=["marked by hand", "another answer", "nobody"],
)
def test_nothing_is_promoted_or_rejected_without_a_person(
    decided: list[dict[str, Any]], option: str, answer: dict[str, Any] | None
) -> None:
    given = None if answer is None else ANN | {"option": option} | answer

    with pytest.raises(ConfigurationError, match=r"no person"):
        ACTS[option](FRAUD, answered(given))

    assert decided == []


def test_silence_extends_the_shadow_in_the_name_of_nobody(decided: list[dict[str, Any]]) -> None:
    silence = {"option": "extend shadow", "person": None, "moment": "2026-12-07", "reason": None}

    promotion.extend_shadow(FRAUD, answered(silence))

    assert decided[0]["person"] == promotion.NOBODY
    assert decided[0]["reason"] == "nobody has answered in time (Airflow, 2026-12-07)"
