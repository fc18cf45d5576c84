"""Fence the attempts at a step: only the newest attempt may write.

Airflow's retries are not mutual exclusion: the orphan of a killed worker can finish after its
successor. So every attempt takes a lease with a new epoch, which is its fencing token, and ends the
sessions of the old holder. Every writing transaction advances the lease under its own epoch. An
attempt with an old epoch is fenced. The epoch never passes through Airflow.

A finished shard releases its lease; a shard whose process died does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import structlog
from psycopg import sql

from features.platform import database
from features.platform.errors import FencedError, StatementError, WarehouseUnavailableError

log = structlog.get_logger(__name__)

_NO_HOLDER = 0  # no process of Postgres has this id


@dataclass(slots=True)
class Lease:
    """One attempt's right to write one shard of one step of one run."""

    run_id: UUID
    step: str
    shard: int
    epoch: int
    chunks_done: int

    def advance(self, connection: psycopg.Connection[Any]) -> None:
        """Count one more chunk, inside the transaction that writes it.

        Call it after all data is on the server and all other conditions of the commit hold: the
        row lock that it takes must never wait for a client or an object store.

        Raises:
            FencedError: a newer attempt holds the lease.
        """
        self._update(connection, "chunks_done = chunks_done + 1")

    def hold(self, connection: psycopg.Connection[Any]) -> None:
        """Check the lease, and read again how many chunks are done.

        Raises:
            FencedError: a newer attempt holds the lease.
        """
        self._update(connection, "chunks_done = chunks_done")

    def restart(self, connection: psycopg.Connection[Any]) -> None:
        """Start again before the first chunk: the written rows are gone.

        Raises:
            FencedError: a newer attempt holds the lease.
        """
        self._update(connection, "chunks_done = 0")

    def release(self, connection: psycopg.Connection[Any]) -> None:
        """Release the lease: the shard is finished.

        Raises:
            FencedError: a newer attempt holds the lease.
        """
        self._update(connection, f"holder_pid = {_NO_HOLDER}")

    def _update(self, connection: psycopg.Connection[Any], change: LiteralString) -> None:
        row = connection.execute(
            sql.SQL(
                "update decisions.leases set {}, renewed_at = clock_timestamp() "
                "where run_id = %s and step = %s and shard = %s and epoch = %s "
                "returning chunks_done"
            ).format(sql.SQL(change)),
            (self.run_id, self.step, self.shard, self.epoch),
        ).fetchone()
        if row is None:
            raise FencedError(_refusal(self))
        (self.chunks_done,) = row


def take(connection: psycopg.Connection[Any], run_id: UUID, step: str, shard: int = 0) -> Lease:
    """Take a step over: end the old holder's sessions, then hold the next epoch.

    Must be called outside a transaction; commits.
    """
    name = _session_name(run_id, step, shard)
    with connection.transaction():
        connection.execute("select set_config('application_name', %s, false)", (name,))
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name = %s and usename = current_user and pid <> pg_backend_pid()",
            (name,),
        )
    with connection.transaction():
        epoch, chunks_done = database.fetch_one(
            connection,
            f"take the lease of {step}",
            "insert into decisions.leases (run_id, step, shard, holder_pid) "
            "values (%s, %s, %s, pg_backend_pid()) "
            "on conflict (run_id, step, shard) do update set epoch = leases.epoch + 1, "
            "holder_pid = excluded.holder_pid, renewed_at = clock_timestamp() "
            "returning epoch, chunks_done",
            (run_id, step, shard),
        )
    return Lease(run_id, step, shard, epoch, chunks_done)


@contextmanager
def second_session(conninfo: str, lease: Lease) -> Iterator[psycopg.Connection[Any]]:
    """Open another session of the attempt: a successor ends it with the first.

    Raises:
        FencedError: a newer attempt holds the lease.
    """
    name = _session_name(lease.run_id, lease.step, lease.shard)
    with psycopg.connect(conninfo, autocommit=True, application_name=name) as connection:
        lease.hold(connection)  # the session has its name before: a successor finds and ends it
        yield connection


def _session_name(run_id: UUID, step: str, shard: int) -> str:
    return f"vesper-score {run_id.hex[:12]} {step} {shard}"


def released(connection: psycopg.Connection[Any], run_id: UUID, step: str) -> dict[int, int]:
    """Return the shards of a step that have ended, and how many chunks each has written."""
    rows = connection.execute(
        "select shard, chunks_done from decisions.leases "
        "where run_id = %s and step = %s and holder_pid = %s",
        (run_id, step, _NO_HOLDER),
    )
    return dict(rows.fetchall())


def restart_all(connection: psycopg.Connection[Any], run_id: UUID, step: str) -> None:
    """Take every shard of a step back to before its first chunk: a crash has emptied its table."""
    connection.execute(
        "update decisions.leases set chunks_done = 0 where run_id = %s and step = %s",
        (run_id, step),
    )


@contextmanager
def held(conninfo: str, lease: Lease) -> Iterator[None]:
    """Work under a lease; leave the refusal of an attempt that was taken over in the audit.

    A successor ends the old holder's session, so an orphan mostly notices it by a broken
    connection. The lease shows whether that was a take-over or an accident.

    Raises:
        FencedError: a newer attempt holds the lease.
    """
    try:
        yield
    except FencedError:
        _record_fenced(conninfo, lease)
        raise
    except (psycopg.OperationalError, StatementError, WarehouseUnavailableError) as error:
        if not _is_taken_over(conninfo, lease):
            raise
        _record_fenced(conninfo, lease)
        raise FencedError(_refusal(lease)) from error


def _is_taken_over(conninfo: str, lease: Lease) -> bool:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        row = connection.execute(
            "select epoch from decisions.leases where run_id = %s and step = %s and shard = %s",
            (lease.run_id, lease.step, lease.shard),
        ).fetchone()
    return row is not None and row[0] > lease.epoch


def _record_fenced(conninfo: str, lease: Lease) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(
            "insert into audit.events (event, subject, actor, detail) values "
            "('attempt_fenced', %s, current_user, jsonb_build_object("
            "'step', %s::text, 'shard', %s::int, 'epoch', %s::bigint))",
            (str(lease.run_id), lease.step, lease.shard, lease.epoch),
        )
    # last: an orphan's log may be closed already, and writing to it is an error then
    log.error(
        "attempt_fenced",
        run_id=str(lease.run_id),
        step=lease.step,
        shard=lease.shard,
        epoch=lease.epoch,
    )


def _refusal(lease: Lease) -> str:
    return (
        f"attempt {lease.epoch} at {lease.step} (shard {lease.shard}) of run {lease.run_id} was "
        "taken over by a newer attempt; it has written nothing since and needs no action"
    )
