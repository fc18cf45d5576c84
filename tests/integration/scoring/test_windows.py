"""The gap detector: which windows nobody has decided, from the ledger of runs alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from scoring import __main__ as command_line
from scoring.commands import windows
from scoring.domains import SCORE_TRANSACTIONS
from scoring.runs import gaps, lifecycle, record
from scoring.runs.request import Request
from tests.builders import NOON, a_transaction
from tests.integration.scoring.conftest import HOUR, MINUTE, Bench


def found(bench: Bench, until: datetime) -> list[gaps.Undecided]:
    with bench.connect() as connection:
        return gaps.undecided(connection, SCORE_TRANSACTIONS, until)


def states(bench: Bench, until: datetime) -> dict[datetime, str]:
    return {one.start: one.state.value for one in found(bench, until)}


def fail(bench: Bench, run: record.Run, failure: str = "a gate said no") -> None:
    with bench.connect() as connection:
        lifecycle.fail(connection, run.run_id, failure)


def a_transaction_in(hour: int, **overrides: Any) -> dict[str, Any]:
    return a_transaction(occurred_at=NOON + hour * HOUR + MINUTE, **overrides)


def test_a_warehouse_without_rows_and_runs_owes_nothing(bench: Bench) -> None:
    assert found(bench, NOON) == []


def test_history_alone_owes_nothing(bench: Bench) -> None:
    bench.admit([a_transaction(is_history=True)])

    assert found(bench, NOON + 5 * HOUR) == []


def test_before_any_run_the_first_live_row_says_where_windows_begin(bench: Bench) -> None:
    bench.admit(
        [a_transaction(occurred_at=NOON - 9 * HOUR, is_history=True), a_transaction_in(1)],
    )

    assert states(bench, NOON + 3 * HOUR) == {
        NOON + HOUR: "missing",
        NOON + 2 * HOUR: "missing",
    }


def test_a_window_that_has_not_ended_is_not_owed(bench: Bench) -> None:
    bench.admit([a_transaction_in(0)])

    assert found(bench, NOON + HOUR - MINUTE) == []
    assert list(states(bench, NOON + HOUR)) == [NOON]


def test_each_state_is_told_apart(bench: Bench) -> None:
    bench.admit([a_transaction_in(hour) for hour in range(5)])
    bench.decide(NOON)
    fail(bench, bench.claim(NOON + 2 * HOUR))
    bench.claim(NOON + 3 * HOUR)
    now = datetime.now(UTC)

    first = {hour: state for hour, state in states(bench, now).items() if hour < NOON + 5 * HOUR}
    with bench.db.superuser() as connection:
        connection.execute("update decisions.runs set claimed_at = claimed_at - interval '31 min'")
    later = states(bench, now)

    assert first == {
        NOON + HOUR: "missing",
        NOON + 2 * HOUR: "failed",
        NOON + 3 * HOUR: "running",
        NOON + 4 * HOUR: "missing",
    }
    assert later[NOON + 3 * HOUR] == "stuck"


def test_a_lease_that_moves_keeps_an_old_run_from_being_stuck(bench: Bench) -> None:
    bench.admit([a_transaction_in(0)])
    run = bench.claim()
    bench.build()
    bench.score(run.run_id)
    with bench.db.superuser() as connection:
        connection.execute(
            "update decisions.runs set claimed_at = claimed_at - interval '5 hours', "
            "scored_at = scored_at - interval '4 hours'"
        )
    now = datetime.now(UTC)

    moving = states(bench, now)[NOON]
    with bench.db.superuser() as connection:
        connection.execute("update decisions.leases set renewed_at = renewed_at - interval '31 m'")

    assert (moving, states(bench, now)[NOON]) == ("running", "stuck")


def test_a_failure_that_a_later_run_made_good_is_no_gap(bench: Bench) -> None:
    fail(bench, bench.claim())
    bench.decide()

    assert found(bench, NOON + HOUR) == []


def test_the_newest_failure_is_the_one_that_is_told(bench: Bench) -> None:
    fail(bench, bench.claim(), "first")
    fail(bench, bench.claim(), "second")

    (gap,) = found(bench, NOON + HOUR)

    assert gap.last_failure == "second"


def test_a_run_over_several_hours_decides_each_of_them(bench: Bench) -> None:
    bench.admit([a_transaction_in(hour) for hour in range(4)])
    with bench.connect() as connection:
        asked = Request(NOON, NOON + 3 * HOUR, "manual", "ann")
        run = lifecycle.claim(connection, SCORE_TRANSACTIONS, asked, bench.pins)
    bench.build()
    bench.score(run.run_id)
    bench.publish(run.run_id)

    assert list(states(bench, NOON + 4 * HOUR)) == [NOON + 3 * HOUR]


def test_a_restatement_decides_no_window(bench: Bench) -> None:
    bench.admit([a_transaction_in(0, transaction_id="t")])
    bench.decide()
    bench.decide(
        NOON + HOUR, kind="restate", requested_by="ann", reason="wrong", restated_ids=("t",)
    )

    assert states(bench, NOON + 2 * HOUR) == {NOON + HOUR: "missing"}


def test_waiting_rows_are_counted_in_their_home_window_and_only_there(bench: Bench) -> None:
    bench.admit([a_transaction_in(0), a_transaction_in(0), a_transaction_in(2)])
    bench.admit([a_transaction_in(2, is_history=True)])
    bench.admit([a_transaction_in(1, transaction_id="moved")])
    bench.decide(NOON + 3 * HOUR)
    # the correction moves the row an hour on: it waits there, once
    moved = {"transaction_id": "moved", "version": 2, "known_at": NOON + 4 * HOUR}
    bench.admit([a_transaction_in(2, **moved)])

    waiting = {one.start: one.rows_pending for one in found(bench, NOON + 4 * HOUR)}

    assert waiting == {NOON: 2, NOON + HOUR: 0, NOON + 2 * HOUR: 2}


def test_rows_before_the_first_run_are_owed_a_window(bench: Bench) -> None:
    bench.decide(NOON + 2 * HOUR)
    bench.admit([a_transaction_in(0, known_at=NOON + 3 * HOUR)])

    assert {one.start: one.rows_pending for one in found(bench, NOON + 3 * HOUR)} == {
        NOON: 1,
        NOON + HOUR: 0,
    }


def test_a_slip_in_the_form_owes_nobody_years_of_windows(bench: Bench) -> None:
    bench.admit([a_transaction_in(0)])
    bench.decide(NOON - 5000 * HOUR, kind="manual", requested_by="ann")

    assert list(states(bench, NOON + 2 * HOUR)) == [NOON, NOON + HOUR]


@pytest.mark.parametrize("day", [datetime(2026, 3, 29), datetime(2026, 10, 25)])
def test_a_day_on_which_the_source_changes_its_clocks_has_24_windows(
    bench: Bench, day: datetime
) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    midnight = day.replace(tzinfo=UTC)
    instants = [midnight + 30 * n * MINUTE for n in range(48)]
    bench.admit([a_transaction(occurred_at=instant.astimezone(berlin)) for instant in instants])

    day_long = found(bench, midnight + 24 * HOUR)

    assert [one.start for one in day_long] == [midnight + n * HOUR for n in range(24)]
    assert {one.end - one.start for one in day_long} == {HOUR}
    assert {one.rows_pending for one in day_long} == {2}


def test_the_command_says_what_to_do_and_by_its_status_whether_anything(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # the settings of this test's warehouse: a command reads them from the environment
    monkeypatch.setattr(windows, "get_settings", lambda: bench.db.settings)
    bench.admit([a_transaction_in(0), a_transaction_in(1)])
    fail(bench, bench.claim(), "the gate [decisions] said no")
    bench.decide(NOON + HOUR)
    until = (NOON + 2 * HOUR).isoformat()

    gap = command_line.main(["windows", "--until", until])
    shown = capsys.readouterr().out
    command_line.main(["windows", "--until", until, "--json"])
    (told,) = json.loads(capsys.readouterr().out)
    bench.decide()
    none = command_line.main(["windows", "--until", until])

    assert (gap, none) == (1, 0)
    assert "the gate [decisions] said no" in shown
    assert told["state"] == "failed"
    assert told["rows_pending"] == 1
    assert "start=2026-03-02T12:00:00Z end=2026-03-02T13:00:00Z" in told["next_step"]
    assert "is decided" in capsys.readouterr().out


def test_a_window_that_is_being_decided_is_no_reason_to_fail(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the settings of this test's warehouse: a command reads them from the environment
    monkeypatch.setattr(windows, "get_settings", lambda: bench.db.settings)
    bench.claim()

    assert command_line.main(["windows", "--until", (NOON + HOUR).isoformat()]) == 0


def test_a_long_stretch_that_nobody_ran_is_one_line(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.admit([a_transaction()])
    bench.decide()
    bench.admit([a_transaction(occurred_at=NOON + 5 * HOUR)])
    until = NOON + 1000 * HOUR
    undecided = found(bench, until)

    capsys.readouterr()
    windows.show(undecided, until)

    lines = [line for line in capsys.readouterr().out.splitlines() if "missing" in line]
    assert len(undecided) == 999
    assert len(lines) == 3
    assert "4 windows" in lines[0]
    assert "994 windows" in lines[2]
