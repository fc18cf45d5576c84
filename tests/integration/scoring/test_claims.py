"""Who may claim a window, who waits, and who finds it claimed already."""

from __future__ import annotations

import threading
from datetime import timedelta

import psycopg
import pytest

from scoring import runs
from scoring.claim import in_turn
from scoring.runs import RunOpenError
from tests.builders import NOON
from tests.integration.scoring.conftest import HOUR, Bench


def test_two_runs_of_a_job_are_never_open_at_once(bench: Bench) -> None:
    run = bench.claim()

    with pytest.raises(RunOpenError, match=str(run.run_id)):
        bench.claim(NOON + HOUR)


def test_a_published_window_is_found_while_another_one_is_open(bench: Bench) -> None:
    published = bench.decide()
    bench.claim(NOON + HOUR)

    assert bench.claim(requested_by="somebody else").run_id == published.run_id


def test_a_window_waits_for_its_turn(bench: Bench) -> None:
    open_run = bench.claim()

    def end_it() -> None:
        with bench.connect() as connection:
            runs.fail(connection, open_run.run_id, "ended by hand")

    ending = threading.Timer(0.5, end_it)
    ending.start()
    waited = in_turn(lambda: bench.claim(NOON + HOUR), timedelta(minutes=1))
    ending.join()

    assert waited.window_start == NOON + HOUR


def test_a_window_does_not_wait_for_ever(bench: Bench) -> None:
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
        assert runs.load(connection, stale.run_id).state == "failed"
        assert runs.load(connection, fresh.run_id).state == "claimed"


def test_pins_never_change(bench: Bench) -> None:
    run = bench.claim()

    for column in ("models", "policy_version", "known_at_cutoff", "rows_claimed", "window_start"):
        query = f"update decisions.runs set {column} = {column} where run_id = %s".encode()
        with bench.connect() as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(query, (run.run_id,))
