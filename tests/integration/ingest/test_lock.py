"""Only the jobs take the locks, others wait for them, and an idle holder loses its lock."""

from __future__ import annotations

import threading
import time
from typing import Any

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege, LockNotAvailable

from features import build
from features.ingest import admit_all, clock
from infra.postgres.warehouse import LOGIN_ROLES, ROLE_SETTINGS
from tests.conftest import Db

TAKEN_BY = {
    "select raw.lock_ledger()": {"ingest", "score"},
    "lock table locks.build in share update exclusive mode": {"transform"},
    "lock table locks.rebuild in share update exclusive mode": {"transform"},
}


def test_admission_waits_for_the_ingest_lock(intake: Any) -> None:
    intake.deliver(intake.csv(intake.row()))
    ids = [receipt.delivery_id for receipt in intake.receive()]
    done = threading.Event()

    def work() -> None:
        admit_all(ids, intake.connection, intake.sources)
        done.set()

    with intake.db.connect("ingest") as holder:
        clock.lock(holder)
        thread = threading.Thread(target=work)
        thread.start()
        assert not done.wait(0.5)
        holder.commit()
    thread.join(30)
    assert done.is_set()


def test_an_idle_holder_loses_the_lock(intake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # half a second keeps the test short
    monkeypatch.setattr(clock, "STANDSTILL", "500ms")
    frozen = intake.db.connect("ingest")
    clock.lock(frozen)
    started = time.monotonic()

    with intake.connection.transaction():
        clock.lock(intake.connection)

    assert time.monotonic() - started < 10
    with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
        frozen.execute("select 1")


def test_an_idle_holder_loses_the_lock_before_the_waiters_time_out() -> None:
    standstill = int(clock.STANDSTILL.removesuffix("s"))
    patience = [
        int(ROLE_SETTINGS[role]["lock_timeout"].removesuffix("s")) for role in ("ingest", "score")
    ]

    assert standstill < min(patience)


def test_only_the_jobs_that_need_a_lock_can_take_it(migrated: Db) -> None:
    taken_by: dict[str, set[str]] = {statement: set() for statement in TAKEN_BY}

    for role in LOGIN_ROLES:
        for statement in TAKEN_BY:
            with psycopg.connect(migrated.settings.warehouse.conninfo(role)) as connection:
                connection.execute("set transaction read write")
                try:
                    connection.execute(statement.encode())
                except InsufficientPrivilege:
                    connection.rollback()
                else:
                    taken_by[statement].add(role)

    assert taken_by == TAKEN_BY


def test_a_build_excludes_only_another_build(migrated: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "LOCK_WAIT", "100ms")
    warehouse = migrated.settings.warehouse

    with build.locked(warehouse, build.BUILD_LOCK):
        with pytest.raises(LockNotAvailable), build.locked(warehouse, build.BUILD_LOCK):
            pass
        with build.locked(warehouse, build.REBUILD_LOCK):
            pass
        # as a dump of the warehouse does
        with migrated.superuser() as connection, connection.transaction():
            connection.execute("lock table locks.build in access share mode nowait")
        # a snapshot or a transaction number would block vacuum for a whole build
        held = migrated.rows(
            "select state, backend_xid, backend_xmin from pg_stat_activity "
            "where usename = 'transform' and datname = current_database()"
        )

    assert held == [("idle in transaction", None, None)]
    with build.locked(warehouse, build.BUILD_LOCK):
        pass


def test_a_new_day_does_not_wait_for_readers(migrated: Db) -> None:
    with migrated.connect("ingest") as connection:
        connection.execute("select raw.ensure_transaction_days('2026-03-01', '2026-03-01')")
    reader, ingest = migrated.connect("transform"), migrated.connect("ingest")
    with reader, ingest:
        reader.execute("select count(*) from raw.transactions")
        ingest.execute("set lock_timeout = '1s'")

        days = ingest.execute(
            "select raw.ensure_transaction_days('2026-03-01', '2026-03-03')"
        ).fetchone()

    assert days == (2,)
    described = migrated.rows(
        "select count(distinct facts.shape) from pg_inherits inner join lateral (select "
        "(select array_agg((attname, atttypid, attnotnull)::text order by attnum) "
        "from pg_attribute where attrelid = inhrelid and attnum > 0)::text "
        "|| (select array_agg(conname::text || pg_get_constraintdef(oid) order by conname) "
        "from pg_constraint where conrelid = inhrelid)::text "
        "|| (select count(*) from pg_index where indrelid = inhrelid) "
        "|| (select relacl::text from pg_class where oid = inhrelid) as shape) as facts on true "
        "where inhparent = 'raw.transactions'::regclass"
    )
    assert described == [(1,)]
