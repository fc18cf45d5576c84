"""Attempts are overtaken, cut off or lost, and each row is written by exactly one of them."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from features.platform import database, failpoints
from features.platform.errors import ContractError, FencedError
from scoring.runs import leases, lifecycle, record
from scoring.runs.job import quoted
from tests.integration.scoring.conftest import Bench, some_transactions


def crash_of(bench: Bench, run: record.Run) -> None:
    """Empty the unlogged tables, as a crash of the server does."""
    with bench.db.superuser() as connection:
        for name in (run.tables.decisions, run.tables.claim):
            connection.execute(f"truncate {quoted(name).as_string(connection)}".encode())


def test_an_overtaken_attempt_writes_no_row(bench: Bench) -> None:
    bench.admit(some_transactions(2))
    run = bench.claim()
    with bench.connect() as orphan, bench.connect() as successor:
        old = leases.take(orphan, run.run_id, "score")
        new = leases.take(successor, run.run_id, "score")
        assert new.epoch == old.epoch + 1
        with pytest.raises(psycopg.OperationalError):
            orphan.execute("select 1")

    with bench.connect() as connection, pytest.raises(FencedError), connection.transaction():
        old.advance(connection)


def test_a_successor_ends_every_session_of_the_previous_attempt(bench: Bench) -> None:
    bench.admit(some_transactions(2))
    run = bench.claim()
    conninfo = bench.db.settings.warehouse.conninfo("score")
    with bench.connect() as orphan, bench.connect() as successor:
        old = leases.take(orphan, run.run_id, "publish")
        with leases.second_session(conninfo, old) as reading:
            leases.take(successor, run.run_id, "publish")
            with pytest.raises(psycopg.OperationalError):
                reading.execute("select 1")

    with pytest.raises(FencedError), leases.second_session(conninfo, old):
        pass


def test_an_attempt_that_is_overtaken_during_publishing_publishes_no_row(bench: Bench) -> None:
    bench.admit(some_transactions(6))
    run = bench.claim()
    bench.build()
    bench.score(run.run_id)

    def be_overtaken() -> None:
        bench.publish(run.run_id)

    failpoints.on_reach("inside_publish", be_overtaken)
    with pytest.raises(FencedError, match="attempt 1 at publish"):
        bench.publish(run.run_id)

    assert len(bench.decisions()) == 6


def test_an_orphan_frozen_during_its_copy_is_refused_and_recorded(bench: Bench) -> None:
    bench.admit(some_transactions(6))
    run = bench.claim()
    bench.build()

    def be_overtaken() -> None:
        bench.score(run.run_id)

    failpoints.on_reach("mid_copy", be_overtaken)
    with pytest.raises(FencedError, match="attempt 1 at score"):
        bench.score(run.run_id)

    bench.publish(run.run_id)
    assert len(bench.decisions()) == 6
    assert bench.db.rows(
        "select subject, detail ->> 'epoch' from audit.events where event = 'attempt_fenced'"
    ) == [(str(run.run_id), "1")]


def test_a_named_statement_of_an_overtaken_attempt_is_fenced(bench: Bench) -> None:
    bench.admit(some_transactions(2))
    run = bench.claim()
    conninfo = bench.db.settings.warehouse.conninfo("score")
    with bench.connect() as orphan, bench.connect() as successor:
        old = leases.take(orphan, run.run_id, "score")
        leases.take(successor, run.run_id, "score")

        with pytest.raises(FencedError, match="attempt 1 at score"), leases.held(conninfo, old):
            database.fetch_one(orphan, "read a number", "select 1")


def test_a_lost_connection_without_a_successor_does_not_fence(bench: Bench) -> None:
    bench.admit(some_transactions(2))
    run = bench.claim()
    bench.build()

    def lose_the_connection() -> None:
        bench.db.rows(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and usename = 'score'"
        )

    failpoints.on_reach("mid_copy", lose_the_connection)
    with pytest.raises(psycopg.OperationalError):
        bench.score(run.run_id)

    bench.score(run.run_id)
    bench.publish(run.run_id)
    assert len(bench.decisions()) == 2


def test_an_attempt_resumes_at_the_end_of_the_last_attempt(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # three rows a chunk, so that a handful of rows makes two, both of one shard
    bench.chunk_rows, bench.max_shards = 3, 1
    bench.admit(some_transactions(5))
    run = bench.claim()
    bench.build()
    bench.score(run.run_id)
    with bench.db.superuser() as connection:
        table = quoted(run.tables.decisions).as_string(connection)
        kept = connection.execute(f"delete from {table} where chunk = 1".encode()).rowcount
        assert kept == 2
        connection.execute("update decisions.leases set chunks_done = 1")
        connection.execute("update decisions.runs set state = 'claimed'")
        before = connection.execute(f"select max(decided_at) from {table}".encode()).fetchone()

    bench.score(run.run_id)

    assert bench.db.rows(
        f"select count(*) filter (where decided_at <= %s), count(*) from {table}", *before
    ) == [(3, 5)]


def test_a_crash_that_empties_the_unlogged_tables_only_costs_time(bench: Bench) -> None:
    bench.admit(some_transactions(5))
    run = bench.claim()
    bench.build()
    bench.score(run.run_id)
    crash_of(bench, run)
    with bench.db.superuser() as connection:
        connection.execute("update decisions.runs set state = 'claimed'")

    bench.score(run.run_id)
    bench.publish(run.run_id)

    assert len(bench.decisions()) == 5
    bench.assert_closes()


@pytest.mark.parametrize("state", ["scored", "validated"])
def test_a_scored_run_that_lost_its_rows_in_a_crash_is_scored_again(
    bench: Bench, state: str
) -> None:
    bench.admit(some_transactions(5))
    run = bench.claim()
    bench.build()
    bench.score(run.run_id)
    if state == "validated":
        with bench.connect() as connection:
            lifecycle.mark_validated(connection, run.run_id)
    crash_of(bench, run)

    with pytest.raises(ContractError, match="lost in a crash of the server"):
        bench.publish_alone(run.run_id)
    bench.score(run.run_id)
    bench.publish(run.run_id)

    assert len(bench.decisions()) == 5
    bench.assert_closes()


def test_a_scored_run_that_is_whole_is_not_scored_again(bench: Bench) -> None:
    bench.admit(some_transactions(3))
    run = bench.claim()
    bench.build()
    bench.score(run.run_id)
    table = bench.db.rows(f"select decided_at from {run.tables.decisions} order by 1")

    bench.score(run.run_id)

    assert bench.db.rows(f"select decided_at from {run.tables.decisions} order by 1") == table


def test_a_run_claimed_by_other_code_is_not_scored(bench: Bench) -> None:
    bench.admit(some_transactions(2))
    bench.pins = replace(bench.pins, code_version="3026074a1b2c+0123456789abcdef")
    run = bench.claim()
    bench.build()

    with pytest.raises(ContractError, match=r"code 3026074a1b2c\+0123.*clear the task `admit`"):
        bench.score(run.run_id)
