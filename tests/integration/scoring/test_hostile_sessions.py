"""Hostile readers run beside a whole run, and no job ever waits for them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest
from psycopg import sql

from features import build
from features.platform import failpoints
from infra.postgres.warehouse import JOB_ROLES, READER_ROLES
from scoring.runs import idle_readers
from tests.builders import NOON
from tests.conftest import Db
from tests.hostile import ACTS, hostile_sessions, locks_by_number
from tests.integration.ingest.conftest import Intake, quick
from tests.integration.scoring.conftest import Bench, some_transactions

NEXT_DAY = NOON + timedelta(days=1)
PATIENCE = "2s"
# fewer than the limit: other tests of this cluster are readers too; test_warehouse tests the limit
SESSIONS = len(ACTS)

WAITS = """
select waiting.usename::text || ' for ' || holding.usename || ': ' || waiting.query
from pg_stat_activity as waiting
cross join lateral unnest(pg_blocking_pids(waiting.pid)) as holder (pid)
inner join pg_stat_activity as holding on holding.pid = holder.pid
where
    waiting.datname = current_database()
    and waiting.usename = any(%s)
    and holding.usename = any(%s)
"""


@contextmanager
def waits_of_jobs(db: Db) -> Iterator[set[str]]:
    """Record every statement of a job that waits for a reader."""
    statements: set[str] = set()
    is_over = threading.Event()

    def watch() -> None:
        with db.superuser() as connection:
            while not is_over.wait(0.05):
                rows = connection.execute(WAITS.encode(), (list(JOB_ROLES), list(READER_ROLES)))
                statements.update(str(row[0]) for row in rows.fetchall())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield statements
    finally:
        is_over.set()
        thread.join()


def make_impatient(db: Db) -> None:
    """Set short timeouts for the jobs in this database, which is dropped after the test."""
    with db.superuser() as connection:
        for role in JOB_ROLES:
            connection.execute(
                sql.SQL("alter role {} in database {} set lock_timeout = {}").format(
                    sql.Identifier(role),
                    sql.Identifier(db.settings.warehouse.database),
                    sql.Literal(PATIENCE),
                )
            )


def test_hostile_readers_do_not_delay_a_run(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.admit(some_transactions(4))
    bench.decide()
    make_impatient(bench.db)
    monkeypatch.setattr(build, "LOCK_WAIT", PATIENCE)
    intake = Intake(bench.db, bench.store, quick("synthetic", decide_from="2026-01-01T00:00:00Z"))
    moment = (NEXT_DAY + timedelta(minutes=5)).isoformat()
    rows = [intake.row(transaction_id=f"n{i}", timestamp=moment) for i in range(3)]
    intake.deliver(intake.csv(*rows))
    conninfo = bench.db.settings.warehouse.conninfo("analyst")

    with hostile_sessions(conninfo, SESSIONS) as sessions, waits_of_jobs(bench.db) as waits:
        # also on tables that exist only during a run
        for place in ("after_claim", "mid_predict", "before_publish"):
            failpoints.on_reach(place, partial(locks_by_number, sessions[0]))
        admitted = intake.take()
        run = bench.decide(NEXT_DAY)
        held = bench.db.rows(
            "select count(*) from pg_stat_activity where usename = 'analyst' "
            "and datname = current_database() and xact_start is not null"
        )
        with bench.connect() as connection:
            ended = [
                idle_readers.end(connection),
                idle_readers.end(connection, timedelta()),
            ]

    intake.connection.close()
    assert [receipt.rows_admitted for receipt in admitted] == [3]
    assert (run.state, run.rows_claimed) == ("published", 3)
    assert waits == set()
    assert held == [(SESSIONS,)]
    assert ended == [0, SESSIONS]
    bench.assert_closes()
