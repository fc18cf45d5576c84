"""`vesper` takes a window through all steps without Airflow, and answers in JSON."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from scoring.__main__ import main
from scoring.commands import sessions
from scoring.domains import JOBS
from scoring.steps.pipeline import STEPS
from tests.integration.scoring.conftest import HOUR, NOON, Bench, some_transactions

WINDOW = ["--start", NOON.isoformat(), "--end", (NOON + HOUR).isoformat()]
RUN = ["run", "score_transactions", *WINDOW]
END = ["--until", (NOON + HOUR).isoformat()]


@pytest.fixture
def waiting(at_a_terminal: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A terminal of a warehouse in which one window waits; the registry is not needed."""
    monkeypatch.setattr(sessions, "pipeline", lambda _: at_a_terminal.pipeline)
    at_a_terminal.admit(some_transactions(6))
    return at_a_terminal


def answer_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    """Run one command with `--json`; return its status and its document."""
    capsys.readouterr()
    status = main([*arguments, "--json"])
    return status, json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("lender")
def test_a_window_is_published_once_and_found_the_second_time(
    waiting: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    gap, windows = answer_of(capsys, "windows", "--job", "score_transactions", *END)
    status, first = answer_of(capsys, *RUN)
    again, second = answer_of(capsys, *RUN)
    text_status = main(RUN)
    text = capsys.readouterr().out

    assert (gap, [window["state"] for window in windows]) == (1, ["missing"])
    assert (status, again, text_status) == (0, 0, 0)
    assert [step["step"] for step in first["steps"]] == list(STEPS)
    assert (first["state"], first["rows_claimed"], first["found_published"]) == (
        "published",
        6,
        False,
    )
    assert (second["run_id"], second["found_published"]) == (first["run_id"], True)
    assert f"found published: window {NOON:%Y-%m-%d %H:%M} to" in text
    assert len(waiting.decisions()) == 6


@pytest.mark.usefixtures("lender")
def test_every_question_is_answered_in_json(
    waiting: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    _, run = answer_of(capsys, *RUN)
    (subject, _), *_ = waiting.decisions()

    questions = {
        "closure": ["closure"],
        "windows": ["windows", *END],
        "replay": ["replay", "--sample", "3"],
        "explain": ["explain", subject],
        "thresholds": ["thresholds"],
        "version": ["version"],
        "features": ["validate", "features", run["run_id"]],
        "deliveries": ["validate", "deliveries"],
        "ingest": ["ingest"],
        "publish": ["publish", run["run_id"]],
        "score": ["score", run["run_id"]],
        "claim": ["claim", "score_transactions", *WINDOW],
    }
    answers = {name: answer_of(capsys, *line) for name, line in questions.items()}

    assert {name: status for name, (status, _) in answers.items() if status} == {}
    assert {row["job"] for row in answers["replay"][1]} == set(JOBS)
    assert answers["claim"][1]["run_id"] == run["run_id"]


def test_failing_a_run_that_is_not_open_has_status_1(
    waiting: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    _, run = answer_of(capsys, *RUN)

    status, failed = answer_of(capsys, "fail", run["run_id"], "--reason", "too late")

    assert (status, failed["was_open"]) == (1, False)


def test_an_unknown_run_is_refused_by_name(
    waiting: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (["score"], ["publish"], ["validate", "features"], ["fail", "--reason", "x"]):
        run_id = str(uuid4())

        assert main([*command, run_id]) == 2
        assert f"there is no run {run_id}" in capsys.readouterr().err
