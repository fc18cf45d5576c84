"""The score step of card transactions: read a chunk, decide it, write it; again.

The shell around `decider`. Every chunk is written under the attempt's lease; a killed
attempt goes on where the last committed chunk ended.
"""

from __future__ import annotations

import time
from uuid import UUID

import psycopg
import pyarrow as pa
import structlog
from psycopg import sql

from features import failpoints, readers
from features.errors import ContractError
from features.objects import ObjectStore
from scoring import claims, leases, runs, scored
from scoring.fraud.decider import INPUT_TYPES, Decider, for_run, input_columns
from scoring.jobs import SCORE_TRANSACTIONS as JOB
from scoring.jobs import quoted
from scoring.settings import Settings

log = structlog.get_logger(__name__)

STEP = "score"


def run(run_id: UUID, settings: Settings, store: ObjectStore) -> dict[str, object]:
    """Score one claimed run into its table in `scored`.

    Returns:
        The run's receipt.

    Raises:
        FencedError: a newer attempt has taken over.
        ContractError: the run has failed, or rows have no features.
        ConfigurationError: the pinned policy is not the file that was pinned.
    """
    started = time.monotonic()
    conninfo = settings.warehouse.conninfo("score")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        found = runs.load(connection, run_id)
        if found.state == "failed":
            raise ContractError(
                f"run {run_id} has failed and stays failed; claim its window again: in Airflow, "
                "clear the task `admit` and everything after it"
            )
        if found.state in {"scored", "validated"} and scored.is_lost(connection, found):
            found = runs.reopen(connection, run_id)
        if found.state != "claimed":
            return found.receipt()
        lease = leases.take(connection, run_id, STEP)
        # the attempt before may have got through before its session ended
        found = runs.load(connection, run_id)
        if found.state != "claimed":
            return found.receipt()
        with leases.held(conninfo, lease):
            decider = for_run(found, settings, store)
            failpoints.reach("after_model_load")
            _recover(connection, found, lease)
            chunks = -(-found.rows_claimed // claims.CHUNK_ROWS)
            for chunk in range(lease.chunks_done, chunks):
                _score_chunk(connection, decider, lease, chunk)
                log.info("chunk_scored", run_id=str(run_id), chunk=chunk + 1, of=chunks)
            scored.finish(connection, JOB, found, lease)
        done = runs.load(connection, run_id)
    log.info(
        "transactions_scored",
        run_id=str(run_id),
        rows=done.rows_claimed,
        degraded=done.rows_degraded,
        policy=done.policy_version,
        seconds=round(time.monotonic() - started, 1),
    )
    return done.receipt()


def _recover(connection: psycopg.Connection, found: runs.Run, lease: leases.Lease) -> None:
    """Make what the chunks need; begin again where a crash has emptied the unlogged tables."""
    if claims.is_lost(connection, found.tables, found.rows_claimed):
        with connection.transaction():
            rows = claims.make(
                connection,
                JOB,
                found.tables,
                window=(found.window_start, found.window_end),
                cutoff=found.known_at_cutoff,
                restated_ids=found.restated_ids,
            )
        if rows != found.rows_claimed:
            raise ContractError(
                f"run {found.run_id} had claimed {found.rows_claimed} rows, and {rows} stand there "
                "after the crash; fail the run and claim its window again"
            )
    claims.expose_features(connection, JOB, found.tables)
    scored.prepare(connection, JOB, found, lease)


def _score_chunk(
    connection: psycopg.Connection, decider: Decider, lease: leases.Lease, chunk: int
) -> None:
    started = time.monotonic()
    rows = _read(connection, decider.run, chunk)
    table = decider.decide(rows)
    failpoints.reach("mid_predict")
    scored.write_chunk(connection, decider.run, lease, chunk, table, time.monotonic() - started)


def _read(connection: psycopg.Connection, found: runs.Run, chunk: int) -> pa.Table:
    """Read the chunk's keys, feature hash and features."""
    query = sql.SQL("select {} from {} as features where chunk = {}").format(
        input_columns(), quoted(found.tables.features), sql.Literal(chunk)
    )
    return readers.read(connection, query, INPUT_TYPES)
