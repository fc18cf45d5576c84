"""The gap detector finds undecided windows from the ledger of runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from scoring.domains import SCORE_TRANSACTIONS
from scoring.runs import gaps, lifecycle, record
from scoring.runs.request import Request
from tests.builders import NOON, a_transaction
from tests.integration.scoring.conftest import HOUR, MINUTE, Bench


def undecided_windows(bench: Bench, until: datetime) -> list[gaps.Undecided]:
    with bench.connect() as connection:
        return gaps.undecided(connection, SCORE_TRANSACTIONS, until)


def states(bench: Bench, until: datetime) -> dict[datetime, str]:
    return {gap.start: gap.state.value for gap in undecided_windows(bench, until)}


def fail(bench: Bench, run: record.Run, failure: str = "a gate said no") -> None:
    with bench.connect() as connection:
        lifecycle.fail(connection, run.run_id, failure)


def a_transaction_in(hour: int, **overrides: Any) -> dict[str, Any]:
    return a_transaction(occurred_at=NOON + hour * HOUR + MINUTE, **overrides)


def test_a_warehouse_without_rows_and_runs_has_no_gaps(bench: Bench) -> None:
    assert undecided_windows(bench, NOON) == []


def test_history_alone_has_no_gaps(bench: Bench) -> None:
    bench.admit([a_transaction(is_history=True)])

    assert undecided_windows(bench, NOON + 5 * HOUR) == []


def test_before_any_run_windows_begin_at_the_first_live_row(bench: Bench) -> None:
    bench.admit(
        [a_transaction(occurred_at=NOON - 9 * HOUR, is_history=True), a_transaction_in(1)],
    )

    assert states(bench, NOON + 3 * HOUR) == {
        NOON + HOUR: "missing",
        NOON + 2 * HOUR: "missing",
    }


def test_the_rows_to_decide_of_a_history_load_have_windows_and_are_decided(bench: Bench) -> None:
    # a stated decide_from separates the rows of one file: both kinds come by one load
    bench.admit([a_transaction(occurred_at=NOON - 9 * HOUR, is_history=True), a_transaction_in(1)])
    with bench.db.superuser() as connection:
        connection.execute("update raw.deliveries set load_kind = 'history'")

    assert states(bench, NOON + 2 * HOUR) == {NOON + HOUR: "missing"}

    bench.decide(NOON + HOUR)

    assert len(bench.decisions()) == 1
    assert states(bench, NOON + 2 * HOUR) == {}


def test_a_window_that_has_not_ended_is_no_gap(bench: Bench) -> None:
    bench.admit([a_transaction_in(0)])

    assert undecided_windows(bench, NOON + HOUR - MINUTE) == []
    assert list(states(bench, NOON + HOUR)) == [NOON]


def test_each_state_is_distinguished(bench: Bench) -> None:
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


def test_an_old_run_with_a_renewed_lease_is_not_stuck(bench: Bench) -> None:
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


def test_a_failure_followed_by_a_published_run_is_no_gap(bench: Bench) -> None:
    fail(bench, bench.claim())
    bench.decide()

    assert undecided_windows(bench, NOON + HOUR) == []


def test_the_newest_failure_is_reported(bench: Bench) -> None:
    fail(bench, bench.claim(), "first")
    fail(bench, bench.claim(), "second")

    (gap,) = undecided_windows(bench, NOON + HOUR)

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


def test_pending_rows_are_counted_only_in_their_own_window(bench: Bench) -> None:
    bench.admit([a_transaction_in(0), a_transaction_in(0), a_transaction_in(2)])
    bench.admit([a_transaction_in(2, is_history=True)])
    bench.admit([a_transaction_in(1, transaction_id="moved")])
    bench.decide(NOON + 3 * HOUR)
    # the correction moves the row one hour later: it waits there, once
    moved = {"transaction_id": "moved", "version": 2, "known_at": NOON + 4 * HOUR}
    bench.admit([a_transaction_in(2, **moved)])

    waiting = {gap.start: gap.rows_pending for gap in undecided_windows(bench, NOON + 4 * HOUR)}

    assert waiting == {NOON: 2, NOON + HOUR: 0, NOON + 2 * HOUR: 2}


def test_rows_before_the_first_run_have_a_window(bench: Bench) -> None:
    bench.decide(NOON + 2 * HOUR)
    bench.admit([a_transaction_in(0, known_at=NOON + 3 * HOUR)])

    assert {gap.start: gap.rows_pending for gap in undecided_windows(bench, NOON + 3 * HOUR)} == {
        NOON: 1,
        NOON + HOUR: 0,
    }


def test_a_slip_in_the_form_does_not_create_years_of_gaps(bench: Bench) -> None:
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

    day_long = undecided_windows(bench, midnight + 24 * HOUR)

    assert [gap.start for gap in day_long] == [midnight + n * HOUR for n in range(24)]
    assert {gap.end - gap.start for gap in day_long} == {HOUR}
    assert {gap.rows_pending for gap in day_long} == {2}
