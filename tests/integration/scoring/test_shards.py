"""The shards of a run are scored at the same time, and each row is written once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from features.platform import failpoints
from features.platform.errors import ContractError, FencedError
from scoring.runs import record, shards
from scoring.runs.job import quoted
from scoring.runs.request import Kind, Request
from scoring.runs.shards import Cut
from scoring.steps.pipeline import Pipeline
from tests.builders import NOON
from tests.integration.scoring.conftest import HOUR, Bench, some_transactions
from tests.integration.scoring.test_attempts import crash_of

ROWS = 14
BOTH = (0, 1)


class CutOffError(Exception):
    """An attempt ends here, as by a kill."""


@pytest.fixture
def run(bench: Bench) -> record.Run:
    """A claimed run of five chunks, built: chunks 0, 2, 4 are of shard 0, and 1, 3 of shard 1."""
    # real chunks hold 50,000 rows: every test would have to admit and build 200,001 rows
    bench.chunk_rows = 3
    bench.admit(some_transactions(ROWS))
    run = bench.claim()
    bench.build()
    assert run.receipt()["shards"] == [*BOTH]
    return run


def at_once(bench: Bench, run: record.Run) -> list[dict[str, object]]:
    """Score both shards at the same time."""
    with ThreadPoolExecutor(2) as pool:
        return [*pool.map(lambda shard: bench.score_shard(run.run_id, shard), BOTH)]


def cut_off(bench: Bench, run: record.Run, shard: int, *, chunk: int) -> None:
    """End an attempt at a shard during the scoring of its nth chunk."""

    def end() -> None:
        raise CutOffError

    failpoints.on_reach("mid_predict", end, hit=chunk)
    with pytest.raises(CutOffError):
        bench.score_shard(run.run_id, shard)


def scored_rows(bench: Bench, run: record.Run) -> Sequence[tuple[Any, ...]]:
    """Return the run's rows in `scored` without the time and duration of their scoring."""
    changing = {"decided_at", "processing_time_ms"}
    columns = ", ".join(name for name in bench.job.columns if name not in changing)
    return bench.db.rows(f"select {columns}, chunk from {run.tables.decisions} order by 1")


def state_of(bench: Bench, run: record.Run) -> str:
    """Return the state of a run."""
    with bench.connect() as connection:
        return record.load(connection, run.run_id).state


def assert_whole(bench: Bench, run: record.Run) -> None:
    """Assert that the run publishes each of its rows once."""
    bench.publish(run.run_id)
    assert len(bench.decisions()) == ROWS
    bench.assert_closes()


def assert_both_start_again_after_a_crash(bench: Bench, run: record.Run) -> None:
    """Assert that both shards score their rows again after a crash has emptied them."""
    crash_of(bench, run)

    at_once(bench, run)

    assert state_of(bench, run) == "scored"
    assert_whole(bench, run)


def test_two_shards_at_once_decide_what_one_decides(bench: Bench, run: record.Run) -> None:
    at_once(bench, run)
    by_two = scored_rows(bench, run)
    crash_of(bench, run)
    # a run of these rows has two shards: that one decides the same can only be seen by force
    with bench.db.superuser() as connection:
        connection.execute("update decisions.runs set shard_count = 1")

    bench.score(run.run_id)

    assert len(by_two) == ROWS
    assert scored_rows(bench, run) == by_two
    assert_whole(bench, run)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_last_shard_to_finish_marks_the_run_scored(
    bench: Bench, run: record.Run, order: tuple[int, int]
) -> None:
    first, last = order

    assert bench.score_shard(run.run_id, first).state == "claimed"
    assert bench.score_shard(run.run_id, last).state == "scored"
    assert bench.score_shard(run.run_id, first).state == "scored"
    assert_whole(bench, run)


def test_shards_that_start_at_the_same_instant_create_their_table_once(
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


def test_a_shard_that_was_cut_off_resumes_without_duplicates(bench: Bench, run: record.Run) -> None:
    cut_off(bench, run, 1, chunk=2)
    kept = bench.db.rows(f"select transaction_id, decided_at from {run.tables.decisions}")

    assert bench.score_shard(run.run_id, 0).state == "claimed"
    assert bench.score_shard(run.run_id, 1).state == "scored"

    assert len(kept) == 3
    after = bench.db.rows(f"select transaction_id, decided_at from {run.tables.decisions}")
    assert set(kept) < set(after)
    assert_whole(bench, run)


def test_an_orphan_of_one_shard_is_fenced_and_the_other_shard_continues(
    bench: Bench, run: record.Run
) -> None:
    def overtake_an_attempt_at_the_other() -> None:
        failpoints.on_reach("mid_copy", lambda: bench.score_shard(run.run_id, 1))
        with pytest.raises(FencedError, match=r"attempt 1 at score \(shard 1\)"):
            bench.score_shard(run.run_id, 1)

    failpoints.on_reach("mid_copy", overtake_an_attempt_at_the_other)
    assert bench.score_shard(run.run_id, 0).state == "scored"

    assert bench.db.rows(
        "select (detail ->> 'shard')::int from audit.events where event = 'attempt_fenced'"
    ) == [(1,)]
    assert_whole(bench, run)


def test_a_shard_that_lost_its_rows_starts_again_and_leaves_the_others_alone(
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


def test_after_a_crash_during_both_shards_both_start_again(bench: Bench, run: record.Run) -> None:
    for shard in BOTH:
        cut_off(bench, run, shard, chunk=2)

    assert_both_start_again_after_a_crash(bench, run)


def test_lost_rows_of_a_finished_shard_are_scored_by_the_running_shard(
    bench: Bench, run: record.Run
) -> None:
    bench.score_shard(run.run_id, 0)
    cut_off(bench, run, 1, chunk=2)
    crash_of(bench, run)

    assert bench.score_shard(run.run_id, 1).state == "scored"
    assert_whole(bench, run)


def test_a_scored_run_that_lost_its_rows_is_scored_again_by_both_shards(
    bench: Bench, run: record.Run
) -> None:
    at_once(bench, run)

    assert_both_start_again_after_a_crash(bench, run)


def test_rows_without_features_fail_the_run_once_the_last_shard_has_ended(
    bench: Bench,
) -> None:
    bench.chunk_rows = 3
    bench.admit(some_transactions(ROWS))
    run = bench.claim()

    assert bench.score_shard(run.run_id, 0).state == "claimed"
    with pytest.raises(ContractError, match="claimed 14 rows and scored 0"):
        bench.score_shard(run.run_id, 1)


def test_a_run_of_few_rows_has_one_shard(bench: Bench) -> None:
    bench.admit(some_transactions(2))
    run = bench.claim()

    assert run.receipt()["shards"] == [0]
    with pytest.raises(ContractError, match="there is no shard 1"):
        bench.score_shard(run.run_id, 1)


def test_a_claimed_run_keeps_its_cut_whatever_the_settings_become(
    bench: Bench, run: record.Run
) -> None:
    bench.score_shard(run.run_id, 0)
    other = bench.db.settings.model_copy(update={"chunk_rows": 5, "max_shards": 7})

    again = Pipeline(bench.job, other, pins=bench.pins)
    assert again.load(run.run_id).cut == run.cut == Cut(ROWS, 3, 2)
    again.score(run.run_id, 1)

    assert state_of(bench, run) == "scored"
    assert_whole(bench, run)


def test_a_run_of_an_earlier_release_has_the_cut_of_its_time(bench: Bench) -> None:
    bench.admit(some_transactions(2))
    run = bench.claim()
    with bench.db.superuser() as connection:
        connection.execute("update decisions.runs set chunk_rows = null, shard_count = null")

    assert bench.pipeline.load(run.run_id).cut == Cut(2, 50_000, 1)


def test_a_claim_takes_its_cut_from_the_settings(bench: Bench) -> None:
    bench.admit(some_transactions(ROWS))
    settings = bench.db.settings.model_copy(update={"chunk_rows": 2, "max_shards": 3})

    run = Pipeline(bench.job, settings, pins=bench.pins).claim(
        Request(NOON, NOON + HOUR, Kind.MANUAL, "ann")
    )

    assert run.cut == Cut(ROWS, 2, 3)
