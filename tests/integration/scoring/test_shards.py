"""A run of several shards: scored at once, each row by one of them, by whatever way they end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from features.platform import failpoints
from features.platform.errors import ContractError, FencedError
from scoring.runs import population, record, shards
from scoring.runs.job import quoted
from tests.integration.scoring.conftest import Bench, some_transactions
from tests.integration.scoring.test_attempts import crash_of

ROWS = 14
BOTH = (0, 1)


class CutOffError(Exception):
    """An attempt ends here, as by a kill."""


@pytest.fixture
def short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of three rows."""
    # real ones hold 50,000: every test would have to admit and build 200,001 rows
    monkeypatch.setattr(population, "CHUNK_ROWS", 3)


@pytest.fixture
def run(bench: Bench, short_chunks: None) -> record.Run:
    """A claimed run of five chunks, built: chunks 0, 2, 4 are of shard 0, and 1, 3 of shard 1."""
    bench.admit(some_transactions(ROWS))
    run = bench.claim()
    bench.build()
    assert run.receipt()["shards"] == [*BOTH]
    return run


def at_once(bench: Bench, run: record.Run) -> list[dict[str, object]]:
    """Score both shards at once."""
    with ThreadPoolExecutor(2) as pool:
        return [*pool.map(lambda shard: bench.score_shard(run.run_id, shard), BOTH)]


def cut_off(bench: Bench, run: record.Run, shard: int, *, chunk: int) -> None:
    """End an attempt at a shard while it scores its nth chunk."""

    def end() -> None:
        raise CutOffError

    failpoints.on_reach("mid_predict", end, hit=chunk)
    with pytest.raises(CutOffError):
        bench.score_shard(run.run_id, shard)


def scored_rows(bench: Bench, run: record.Run) -> Sequence[tuple[Any, ...]]:
    """Return the run's rows in `scored`, but for the time at which each was scored and took."""
    changing = {"decided_at", "processing_time_ms"}
    columns = ", ".join(name for name in bench.job.columns if name not in changing)
    return bench.db.rows(f"select {columns}, chunk from {run.tables.decisions} order by 1")


def state_of(bench: Bench, run: record.Run) -> str:
    """Return the state of a run."""
    with bench.connect() as connection:
        return record.load(connection, run.run_id).state


def assert_whole(bench: Bench, run: record.Run) -> None:
    """The run publishes each of its rows once."""
    bench.publish(run.run_id)
    assert len(bench.decisions()) == ROWS
    bench.assert_closes()


def assert_both_begin_anew_after_a_crash(bench: Bench, run: record.Run) -> None:
    """A crash takes what both shards have scored, and they score it again."""
    crash_of(bench, run)

    at_once(bench, run)

    assert state_of(bench, run) == "scored"
    assert_whole(bench, run)


def test_two_shards_at_once_decide_what_one_decides(
    bench: Bench, run: record.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once(bench, run)
    by_two = scored_rows(bench, run)
    crash_of(bench, run)
    # a run of these rows has two shards: that one decides the same can only be seen by force
    monkeypatch.setattr(shards, "MAX_SHARDS", 1)

    bench.score(run.run_id)

    assert len(by_two) == ROWS
    assert scored_rows(bench, run) == by_two
    assert_whole(bench, run)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_shard_that_ends_last_calls_the_run_scored(
    bench: Bench, run: record.Run, order: tuple[int, int]
) -> None:
    first, last = order

    assert bench.score_shard(run.run_id, first)["state"] == "claimed"
    assert bench.score_shard(run.run_id, last)["state"] == "scored"
    assert bench.score_shard(run.run_id, first)["state"] == "scored"
    assert_whole(bench, run)


def test_shards_that_start_at_the_same_instant_make_their_table_once(
    bench: Bench, run: record.Run
) -> None:
    waiting = "select count(*) from pg_stat_activity where query like '%for no key update%' "
    waiting += "and wait_event_type = 'Lock' and datname = current_database()"
    with ThreadPoolExecutor(2) as pool:
        with bench.connect() as door, door.transaction():
            shards.lock(door, run.run_id)
            ends = [pool.submit(bench.score_shard, run.run_id, shard) for shard in BOTH]
            while bench.db.rows(waiting) != [(2,)]:
                assert not any(end.done() for end in ends)
                time.sleep(0.05)
        for end in ends:
            end.result()

    assert state_of(bench, run) == "scored"
    assert_whole(bench, run)


def test_a_shard_that_was_cut_off_goes_on_and_doubles_nothing(
    bench: Bench, run: record.Run
) -> None:
    cut_off(bench, run, 1, chunk=2)
    kept = bench.db.rows(f"select transaction_id, decided_at from {run.tables.decisions}")

    assert bench.score_shard(run.run_id, 0)["state"] == "claimed"
    assert bench.score_shard(run.run_id, 1)["state"] == "scored"

    assert len(kept) == 3
    after = bench.db.rows(f"select transaction_id, decided_at from {run.tables.decisions}")
    assert set(kept) < set(after)
    assert_whole(bench, run)


def test_an_orphan_of_one_shard_is_fenced_and_the_other_shard_goes_on(
    bench: Bench, run: record.Run
) -> None:
    def overtake_an_attempt_at_the_other() -> None:
        failpoints.on_reach("mid_copy", lambda: bench.score_shard(run.run_id, 1))
        with pytest.raises(FencedError, match=r"attempt 1 at score \(shard 1\)"):
            bench.score_shard(run.run_id, 1)

    failpoints.on_reach("mid_copy", overtake_an_attempt_at_the_other)
    assert bench.score_shard(run.run_id, 0)["state"] == "scored"

    assert bench.db.rows(
        "select (detail ->> 'shard')::int from audit.events where event = 'attempt_fenced'"
    ) == [(1,)]
    assert_whole(bench, run)


def test_a_shard_whose_rows_are_gone_begins_anew_and_leaves_the_others_alone(
    bench: Bench, run: record.Run
) -> None:
    cut_off(bench, run, 0, chunk=3)
    cut_off(bench, run, 1, chunk=2)
    table = quoted(run.tables.decisions)
    with bench.db.superuser() as connection:
        name = table.as_string(connection)
        connection.execute(f"delete from {name} where chunk = 2".encode())
    kept = bench.db.rows(f"select decided_at from {name} where chunk = 1 order by 1")

    at_once(bench, run)

    assert bench.db.rows(f"select decided_at from {name} where chunk = 1 order by 1") == kept
    assert_whole(bench, run)


def test_after_a_crash_that_cut_both_shards_off_both_begin_anew(
    bench: Bench, run: record.Run
) -> None:
    for shard in BOTH:
        cut_off(bench, run, shard, chunk=2)

    assert_both_begin_anew_after_a_crash(bench, run)


def test_what_a_crash_took_of_a_shard_that_had_ended_is_scored_by_the_one_at_work(
    bench: Bench, run: record.Run
) -> None:
    bench.score_shard(run.run_id, 0)
    cut_off(bench, run, 1, chunk=2)
    crash_of(bench, run)

    assert bench.score_shard(run.run_id, 1)["state"] == "scored"
    assert_whole(bench, run)


def test_a_scored_run_whose_rows_a_crash_took_is_scored_again_by_both(
    bench: Bench, run: record.Run
) -> None:
    at_once(bench, run)

    assert_both_begin_anew_after_a_crash(bench, run)


def test_rows_without_features_fail_the_run_once_the_last_shard_has_ended(
    bench: Bench, short_chunks: None
) -> None:
    bench.admit(some_transactions(ROWS))
    run = bench.claim()

    assert bench.score_shard(run.run_id, 0)["state"] == "claimed"
    with pytest.raises(ContractError, match="claimed 14 rows and scored 0"):
        bench.score_shard(run.run_id, 1)


def test_a_run_of_few_rows_is_one_shard_and_has_no_other(bench: Bench) -> None:
    bench.admit(some_transactions(2))
    run = bench.claim()

    assert run.receipt()["shards"] == [0]
    with pytest.raises(ContractError, match="there is no shard 1"):
        bench.score_shard(run.run_id, 1)
