"""Undecided windows are listed as stretches, and the command decides each stretch by one run."""

from __future__ import annotations

import json

import pytest

from features.platform.errors import ContractError
from scoring import __main__ as command_line
from scoring.commands import sessions, windows
from scoring.domains import SCORE_TRANSACTIONS
from scoring.runs import lifecycle, stretches
from tests.builders import NOON, a_transaction
from tests.integration.scoring.conftest import HOUR, Bench
from tests.integration.scoring.test_windows import a_transaction_in, fail, undecided_windows


def test_the_command_names_the_next_step_and_returns_a_status(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # the settings of this test's warehouse: a command reads them from the environment
    monkeypatch.setattr(sessions, "get_settings", lambda: bench.db.settings)
    bench.admit([a_transaction_in(0), a_transaction_in(1)])
    fail(bench, bench.claim(), "the gate [decisions] said no")
    bench.decide(NOON + HOUR)
    until = (NOON + 2 * HOUR).isoformat()

    gap = command_line.main(["windows", "--until", until])
    shown = capsys.readouterr().out
    command_line.main(["windows", "--until", until, "--json"])
    (report,) = json.loads(capsys.readouterr().out)
    bench.decide()
    none = command_line.main(["windows", "--until", until])

    assert (gap, none) == (1, 0)
    assert "the gate [decisions] said no" in shown
    assert report["state"] == "failed"
    assert report["rows_pending"] == 1
    assert (report["windows"], report["windows_with_rows"]) == (1, 1)
    assert "start=2026-03-02T12:00:00Z end=2026-03-02T13:00:00Z" in report["next_step"]
    assert "is decided" in capsys.readouterr().out


def test_a_window_of_a_running_run_does_not_fail_the_command(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the settings of this test's warehouse: a command reads them from the environment
    monkeypatch.setattr(sessions, "get_settings", lambda: bench.db.settings)
    bench.claim()

    assert command_line.main(["windows", "--until", (NOON + HOUR).isoformat()]) == 0


def test_a_long_undecided_stretch_is_one_line(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.admit([a_transaction()])
    bench.decide()
    bench.admit([a_transaction(occurred_at=NOON + 5 * HOUR)])
    until = NOON + 1000 * HOUR
    undecided = stretches.folded(undecided_windows(bench, until))

    capsys.readouterr()
    windows.print_tables({SCORE_TRANSACTIONS.name: undecided}, until)

    lines = [line for line in capsys.readouterr().out.splitlines() if "missing" in line]
    assert len(lines) == 1
    assert "missing, 999 windows, 1 with rows" in lines[0]


def test_a_data_set_of_two_years_is_one_line_and_closed_by_one_run(bench: Bench) -> None:
    hours = (0, 700, 9_000, 9_001)
    bench.admit([a_transaction_in(hour) for hour in hours])
    until = NOON + 17_520 * HOUR

    (listed,) = stretches.folded(undecided_windows(bench, until))
    (needed,) = stretches.to_decide(undecided_windows(bench, until))
    bench.decide(needed.start, length=needed.end - needed.start, kind="backfill")

    assert (listed.windows, listed.windows_with_rows, listed.rows_pending) == (17_520, 4, 4)
    assert (needed.start, needed.end) == (NOON, until)
    assert undecided_windows(bench, until) == []
    assert len(bench.decisions()) == len(hours)
    bench.assert_closes()


def test_rows_that_come_after_their_empty_stretch_was_closed_are_decided_once(
    bench: Bench,
) -> None:
    bench.decide(NOON, length=9_000 * HOUR, kind="backfill")
    bench.admit([a_transaction_in(4_000, known_at=NOON + 9_000 * HOUR)])

    bench.decide(NOON + 9_000 * HOUR)
    bench.decide(NOON + 9_001 * HOUR)

    assert len(bench.decisions()) == 1
    bench.assert_closes()


def test_the_windows_of_a_failed_stretch_are_decided_by_two_runs(bench: Bench) -> None:
    bench.admit([a_transaction_in(hour) for hour in range(4)])
    run = bench.claim(length=4 * HOUR)
    fail(bench, run, "a gate said no")

    undecided = undecided_windows(bench, NOON + 4 * HOUR)

    (listed,) = stretches.folded(undecided)
    assert (listed.windows, listed.run_id) == (4, run.run_id)
    assert [each.windows for each in stretches.to_decide(undecided)] == [2, 2]


def test_a_long_window_with_too_many_rows_is_refused(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the real bound takes 100,000 rows
    monkeypatch.setattr(lifecycle, "MOST_ROWS", 2)
    bench.admit([a_transaction_in(hour) for hour in range(3)])

    with pytest.raises(ContractError, match="has 3 undecided rows, more than 2"):
        bench.claim(length=32 * 24 * HOUR)

    assert bench.db.rows("select count(*) from decisions.runs") == [(0,)]
    assert bench.claim(length=31 * 24 * HOUR).rows_claimed == 3


def test_windows_are_decided_by_the_command(
    at_a_terminal: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # the pins of the test need no registry
    monkeypatch.setattr(sessions, "pipeline", lambda _: at_a_terminal.pipeline)
    at_a_terminal.admit([a_transaction_in(0), a_transaction_in(2)])
    until = (NOON + 5 * HOUR).isoformat()
    command = ["windows", "--job", SCORE_TRANSACTIONS.name, "--until", until, "--heal"]

    statuses = [command_line.main(command) for _ in range(2)]

    shown = capsys.readouterr().out
    assert statuses == [0, 0]
    assert "published 2026-03-02 12:00 – 2026-03-02 17:00 UTC, 5 windows, 2 rows" in shown
    assert at_a_terminal.db.rows("select count(*) from decisions.runs") == [(1,)]
