"""The nightly repairs fix the real leftovers of a crash, a pause or a slip."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from features.platform.errors import ContractError
from orchestration.run_request import request
from scoring.domains import SCORE_TRANSACTIONS
from scoring.runs import gaps, leases, lifecycle, record, scored_table
from scoring.runs.stretches import Stretch
from scoring.steps import maintain
from tests.builders import NOON, a_transaction
from tests.integration.scoring.conftest import HOUR, MINUTE, Bench

LIMIT = 24


@dataclass
class DagRun:
    """Describe an Airflow run that an operator triggered: it has no logical date."""

    run_after: datetime
    run_type: str = "operator_triggered"
    run_id: str = "manual__healing"


def rows_of(hours: range) -> list[dict[str, Any]]:
    return [a_transaction(occurred_at=NOON + hour * HOUR + MINUTE) for hour in hours]


def to_decide(bench: Bench, now: datetime, limit: int = LIMIT) -> list[Stretch]:
    with bench.connect() as connection:
        return maintain.windows_to_decide(connection, SCORE_TRANSACTIONS, now, limit)


def heal(bench: Bench, now: datetime) -> list[datetime]:
    """Decide the windows through the form, as the DAG requests them; return their starts."""
    healed = []
    for gap in to_decide(bench, now):
        form = {"start": gap.start.isoformat(), "end": gap.end.isoformat()}
        request_of_window = request({"params": form, "dag_run": DagRun(now)}, HOUR)
        assert (request_of_window.window_start, request_of_window.window_end) == (
            gap.start,
            gap.end,
        )
        bench.decide(
            request_of_window.window_start,
            length=gap.end - gap.start,
            kind=request_of_window.kind,
            requested_by=request_of_window.requested_by,
        )
        healed.append(gap.start)
    return healed


def is_whole(bench: Bench, now: datetime) -> bool:
    with bench.connect() as connection:
        windows = gaps.undecided(connection, SCORE_TRANSACTIONS, now)
    return not (windows or bench.open_equations() or "pending" in bench.versions())


def test_a_window_whose_date_belongs_to_a_manual_run_is_decided_at_night(bench: Bench) -> None:
    """The manual run took the date of the window, so the schedule skipped the window."""
    bench.admit(rows_of(range(3)))
    bench.decide(NOON)
    bench.decide(NOON, kind="manual", requested_by="manual__that_took_the_date")
    bench.decide(NOON + 2 * HOUR)

    assert heal(bench, NOON + 3 * HOUR) == [NOON + HOUR]
    assert is_whole(bench, NOON + 3 * HOUR)


def test_the_hours_of_a_pause_are_decided_by_one_run(bench: Bench) -> None:
    bench.admit(rows_of(range(5)))
    bench.decide(NOON)
    bench.decide(NOON + 4 * HOUR)

    assert heal(bench, NOON + 5 * HOUR) == [NOON + HOUR]
    assert is_whole(bench, NOON + 5 * HOUR)


def test_a_window_of_a_stuck_run_is_decided_in_the_same_night(bench: Bench) -> None:
    bench.admit(rows_of(range(1)))
    run = bench.claim()
    with bench.db.superuser() as connection:
        connection.execute("update decisions.runs set claimed_at = claimed_at - interval '31 min'")

    with bench.connect() as connection:
        failed = lifecycle.fail_stuck(connection, SCORE_TRANSACTIONS)
        again = lifecycle.fail_stuck(connection, SCORE_TRANSACTIONS)

    assert (failed and failed.run_id, again) == (run.run_id, None)
    assert heal(bench, NOON + HOUR) == [NOON]
    assert is_whole(bench, NOON + HOUR)


def test_a_progressing_run_is_left_alone(bench: Bench) -> None:
    run = bench.claim()

    with bench.connect() as connection:
        assert lifecycle.fail_stuck(connection, SCORE_TRANSACTIONS) is None
        assert record.load(connection, run.run_id).state == "claimed"
    assert to_decide(bench, NOON + HOUR) == []


def test_a_night_starts_a_limited_number_of_runs(bench: Bench) -> None:
    bench.admit(rows_of(range(1)))
    for hour in (2, 4, 6):
        bench.decide(NOON + hour * HOUR)

    assert [gap.start for gap in to_decide(bench, NOON + 90 * HOUR, 2)] == [NOON, NOON + 3 * HOUR]
    assert len(to_decide(bench, NOON + 90 * HOUR)) == 4
    assert to_decide(bench, NOON + 90 * HOUR, 0) == []


def test_a_window_that_fails_every_night_does_not_delay_others(bench: Bench) -> None:
    bench.admit(rows_of(range(3)))
    with bench.connect() as connection:
        lifecycle.fail(connection, bench.claim().run_id, "a gate said no")

    assert [gap.start for gap in to_decide(bench, NOON + 3 * HOUR, 1)] == [NOON + HOUR]
    assert [gap.start for gap in to_decide(bench, NOON + 3 * HOUR)][-1] == NOON


def test_missing_manifests_are_written_and_the_run_closes_again(bench: Bench) -> None:
    bench.admit(rows_of(range(2)))
    names = []
    for start in (NOON, NOON + HOUR):
        run = bench.decide(start)
        assert run.parquet is not None
        names.append(f"{run.parquet['object_name'].rpartition('/')[0]}/manifest.json")
    bench.store.delete(names[0])
    assert not is_whole(bench, NOON + 2 * HOUR)

    with bench.connect() as connection:
        written = [
            maintain.write_manifests(connection, SCORE_TRANSACTIONS, bench.store) for _ in range(2)
        ]

    assert written == [1, 0]
    assert is_whole(bench, NOON + 2 * HOUR)


def test_no_manifest_is_written_for_a_missing_file(bench: Bench) -> None:
    first, second = bench.decide(NOON), bench.decide(NOON + HOUR)
    assert first.parquet is not None
    assert second.parquet is not None
    for run in (first, second):
        folder = f"published/transaction_decisions/run={run.run_id}"
        bench.store.delete(f"{folder}/manifest.json")
    bench.store.delete(first.parquet["object_name"])

    with bench.connect() as connection, pytest.raises(ContractError, match=str(first.run_id)):
        maintain.write_manifests(connection, SCORE_TRANSACTIONS, bench.store)

    written = [info.name for info in bench.store.list("published/") if "manifest" in info.name]
    assert written == [f"published/transaction_decisions/run={second.run_id}/manifest.json"]


def test_tables_of_ended_runs_are_dropped_and_those_of_an_open_run_remain(bench: Bench) -> None:
    bench.admit(rows_of(range(3)))
    done, open_run = bench.decide(NOON), bench.claim(NOON + HOUR)
    with bench.connect() as connection:
        lifecycle.fail(connection, open_run.run_id, "given up")
    failed, open_run = open_run, bench.claim(NOON + 2 * HOUR)
    with bench.connect() as connection:
        # an attempt that missed the end of its run recreates its tables
        for run in (done, failed):
            claim = f'scored."claim_{run.run_id.hex}"'
            connection.execute(f"create unlogged table {claim} (chunk integer)".encode())
            lease = leases.take(connection, run.run_id, "score")
            scored_table.prepare(connection, SCORE_TRANSACTIONS, run, lease)
        dropped = maintain.drop_leftovers(connection)

    remaining = bench.db.rows(
        "select relname from pg_class where relnamespace = 'scored'::regnamespace "
        "and relkind in ('r', 'v')"
    )
    assert set(dropped) == {done.run_id, failed.run_id}
    assert remaining == [(f"claim_{open_run.run_id.hex}",)]
    assert to_decide(bench, datetime.now(UTC), 1)[0].start == NOON + 3 * HOUR
