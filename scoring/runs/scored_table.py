"""The run's own table in `scored`: shaped like the ledger, written by its shards, read by the gate.

Unlogged, and so fast and gone after a crash of the server: then the run's chunks are scored again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
import pyarrow as pa
import structlog
from psycopg import sql

from features.platform import database, readers
from features.platform.errors import ContractError
from scoring.runs import leases, shards
from scoring.runs.job import Job, quoted
from scoring.runs.leases import Lease
from scoring.runs.record import Run

log = structlog.get_logger(__name__)


def prepare(connection: psycopg.Connection[Any], job: Job, run: Run, lease: Lease) -> None:
    """Make the run's table, and restart a shard whose rows are not those of its lease.

    Call it where no other shard does the same (`shards.lock`). Other shards' rows stay as they are.

    Raises:
        FencedError: a newer attempt holds the lease.
    """
    table = quoted(run.tables.decisions)
    if not database.relation_exists(connection, run.tables.decisions):
        connection.execute(
            sql.SQL(
                "create unlogged table {} (like {} including constraints, chunk integer not null)"
            ).format(table, job.ledger_table)
        )
        connection.execute(
            sql.SQL("alter table {} alter decided_at set default clock_timestamp()").format(table)
        )
    connection.execute(
        sql.SQL(
            "create temporary table if not exists chunk_rows (like {} including defaults)"
        ).format(table)
    )
    lease.hold(connection)
    own = sql.SQL("chunk % {} = {}").format(sql.Literal(run.shards), sql.Literal(lease.shard))
    held, expected = database.fetch_one(
        connection,
        f"count the rows of shard {lease.shard} of run {run.run_id}",
        sql.SQL(
            "select (select count(*) from {} where {own}), "
            "(select count(*) from {} where {own} and chunk < {})"
        ).format(
            table,
            quoted(run.tables.claim),
            sql.Literal(lease.chunks_done * run.shards),
            own=own,
        ),
    )
    if held != expected:
        log.warning(
            "chunks_lost",
            run_id=str(run.run_id),
            shard=lease.shard,
            held=held,
            expected=expected,
        )
        lease.restart(connection)
        connection.execute(sql.SQL("delete from {} where {}").format(table, own))


def is_lost(connection: psycopg.Connection[Any], run: Run) -> bool:
    """Tell whether a crash of the server has emptied or removed a scored run's table."""
    if not database.relation_exists(connection, run.tables.decisions):
        return True
    table = quoted(run.tables.decisions)
    (rows,) = database.fetch_one(
        connection,
        f"count the scored rows of run {run.run_id}",
        sql.SQL("select count(*) from {}").format(table),
    )
    return bool(rows != run.rows_claimed)


def write_chunk(
    connection: psycopg.Connection[Any],
    run: Run,
    lease: Lease,
    chunk: int,
    rows: pa.Table,
    seconds: float,
) -> None:
    """Write one chunk: COPY with no lock held, then one short fenced transaction.

    `rows` holds the ledger's columns, except decided_at and processing_time_ms; `seconds` is the
    time of the chunk so far, which is divided among its rows.

    Raises:
        FencedError: a newer attempt holds the lease; nothing is written.
    """
    temporary = sql.Identifier("pg_temp", "chunk_rows")
    count = rows.num_rows
    rows = rows.append_column("chunk", pa.repeat(chunk, count))
    rows = rows.append_column(
        "processing_time_ms", pa.repeat(1000.0 * seconds / max(count, 1), count)
    )
    connection.execute(sql.SQL("truncate {}").format(temporary))
    readers.write(connection, temporary, rows)
    with connection.transaction():
        lease.advance(connection)
        connection.execute(
            sql.SQL("insert into {} select * from {}").format(
                quoted(run.tables.decisions), temporary
            )
        )


def finish(connection: psycopg.Connection[Any], job: Job, run: Run, lease: Lease) -> Sequence[int]:
    """End a shard; the last shard of a run counts the rows and marks the run `scored`.

    Returns:
        The shards that had ended before a crash took their rows; no task of their own comes back.

    Raises:
        ContractError: fewer or more rows were scored than claimed; a claimed row has no features.
        FencedError: a newer attempt holds the lease.
    """
    table = quoted(run.tables.decisions)
    with connection.transaction():
        shards.lock(connection, run.run_id)
        lease.release(connection)
        ended = leases.released(connection, run.run_id, lease.step)
        lost = [
            shard
            for shard in range(run.shards)
            if shard in ended and ended[shard] < len(run.cut.chunks_of(shard))
        ]
        if lost or not ended.keys() >= {*range(run.shards)}:
            return lost
        rows, subjects, degraded = database.fetch_one(
            connection,
            f"count the scored rows of run {run.run_id}",
            sql.SQL(
                "select count(*), count(distinct {}), count(*) filter (where is_degraded) from {}"
            ).format(job.subject_id, table),
        )
        if rows != run.rows_claimed or subjects != rows:
            raise ContractError(
                f"run {run.run_id} claimed {run.rows_claimed} rows and scored {rows} "
                f"({subjects} distinct): rows without features are missing from the feature "
                "table; run the step `build`, then score again"
            )
        connection.execute(
            "update decisions.runs set state = 'scored', scored_at = clock_timestamp(), "
            "rows_scored = %s, rows_degraded = %s where run_id = %s and state = 'claimed'",
            (rows - degraded, degraded, run.run_id),
        )
    return ()
