"""One run may claim a window; others wait, or find the window claimed."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import psycopg
import pytest

from features.platform.errors import ContractError
from scoring.runs import lifecycle, record
from scoring.runs.lifecycle import RunOpenError
from scoring.steps.claim import fail_left, in_turn
from tests.builders import NOON
from tests.integration.scoring.conftest import HOUR, Bench


def test_two_runs_of_a_job_are_never_open_at_once(bench: Bench) -> None:
    run = bench.claim()

    with pytest.raises(RunOpenError, match=str(run.run_id)):
        bench.claim(NOON + HOUR)


def test_a_published_window_is_found_while_another_window_is_open(bench: Bench) -> None:
    published = bench.decide()
    bench.claim(NOON + HOUR)

    assert bench.claim(requested_by="another run").run_id == published.run_id


def test_a_window_waits_for_its_turn(bench: Bench) -> None:
    open_run = bench.claim()

    def end_it() -> None:
        with bench.connect() as connection:
            lifecycle.fail(connection, open_run.run_id, "ended by hand")

    ending = threading.Timer(0.5, end_it)
    ending.start()
    waited = in_turn(lambda: bench.claim(NOON + HOUR), timedelta(minutes=1))
    ending.join()

    assert waited.window_start == NOON + HOUR


def test_a_window_does_not_wait_for_an_abandoned_run(bench: Bench) -> None:
    published = bench.decide(NOON + 2 * HOUR, requested_by="manual__1")
    abandoned = bench.claim(requested_by="manual__2")
    checked: list[str] = []

    def has_ended(requested_by: str) -> bool:
        checked.append(requested_by)
        return requested_by in {"manual__1", "manual__2"}

    def give_up(open_run: record.Run) -> bool:
        return fail_left(open_run, has_ended, bench.db.settings)

    def claim(start: datetime, requested_by: str) -> record.Run:
        return in_turn(
            lambda: bench.claim(start, requested_by=requested_by), timedelta(), give_up=give_up
        )

    assert claim(NOON + HOUR, "manual__3").window_start == NOON + HOUR
    assert checked == ["manual__2"]
    with pytest.raises(RunOpenError):
        claim(NOON + 3 * HOUR, "manual__4")  # the third run continues
    with bench.connect() as connection:
        assert record.load(connection, abandoned.run_id).state == "failed"
        assert record.load(connection, published.run_id).state == "published"
        # a running attempt of it, or a retry, is stopped
        for step in (bench.score, bench.publish):
            with pytest.raises(ContractError, match="fail"):
                step(abandoned.run_id)


def test_a_window_waits_for_a_limited_time(bench: Bench) -> None:
    bench.claim()

    with pytest.raises(RunOpenError, match="is open for window"):
        in_turn(lambda: bench.claim(NOON + HOUR), timedelta())


def test_a_retried_claim_finds_its_own_run(bench: Bench) -> None:
    assert bench.claim().run_id == bench.claim().run_id


def test_a_run_that_has_not_moved_for_half_an_hour_gives_way(bench: Bench) -> None:
    stale = bench.claim()
    with bench.db.superuser() as connection:
        connection.execute("update decisions.runs set claimed_at = claimed_at - interval '31 min'")

    fresh = bench.claim(NOON + HOUR)

    with bench.connect() as connection:
        assert record.load(connection, stale.run_id).state == "failed"
        assert record.load(connection, fresh.run_id).state == "claimed"


def test_pins_never_change(bench: Bench) -> None:
    run = bench.claim()

    for column in ("models", "policy_version", "known_at_cutoff", "rows_claimed", "window_start"):
        query = f"update decisions.runs set {column} = {column} where run_id = %s".encode()
        with bench.connect() as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(query, (run.run_id,))
