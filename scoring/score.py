"""The score step: read a chunk, decide it, write it; again.

The shell around a domain's decider. Every chunk is written under the attempt's lease; a killed
attempt goes on where the last committed chunk ended.
"""

from __future__ import annotations

import time
from uuid import UUID

import psycopg
import structlog
from psycopg import sql

from features import failpoints, readers
from features.errors import ContractError
from features.objects import ObjectStore
from scoring import claims, domains, leases, runs, scored
from scoring.domains import Decider, Domain
from scoring.jobs import JOBS, Job, quoted
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
        job = JOBS[found.job]
        domain = domains.of(job)
        with leases.held(conninfo, lease):
            decider = domain.for_run(found, settings, store)
            failpoints.reach("after_model_load")
            _recover(connection, job, found, lease)
            chunks = -(-found.rows_claimed // claims.CHUNK_ROWS)
            for chunk in range(lease.chunks_done, chunks):
                _score_chunk(connection, domain, decider, lease, chunk)
                log.info("chunk_scored", run_id=str(run_id), chunk=chunk + 1, of=chunks)
            scored.finish(connection, job, found, lease)
        done = runs.load(connection, run_id)
    log.info(
        "run_scored",
        job=done.job,
        run_id=str(run_id),
        rows=done.rows_claimed,
        degraded=done.rows_degraded,
        policy=done.policy_version,
        seconds=round(time.monotonic() - started, 1),
    )
    return done.receipt()


def _recover(
    connection: psycopg.Connection, job: Job, found: runs.Run, lease: leases.Lease
) -> None:
    """Make what the chunks need; begin again where a crash has emptied the unlogged tables."""
    if claims.is_lost(connection, found.tables, found.rows_claimed):
        with connection.transaction():
            rows = claims.make(connection, job, found.tables, found.population)
        if rows != found.rows_claimed:
            raise ContractError(
                f"run {found.run_id} had claimed {found.rows_claimed} rows, and {rows} stand there "
                "after the crash; fail the run and claim its window again"
            )
    claims.expose_features(connection, job, found.tables)
    scored.prepare(connection, job, found, lease)


def _score_chunk(
    connection: psycopg.Connection,
    domain: Domain,
    decider: Decider,
    lease: leases.Lease,
    chunk: int,
) -> None:
    started = time.monotonic()
    found = decider.run
    query = sql.SQL("select {} from {} where chunk = {}").format(
        domain.input_columns("features", "evidence"),
        domain.source(quoted(found.tables.features), found),
        sql.Literal(chunk),
    )
    table = decider.decide(readers.read(connection, query, domain.input_types))
    failpoints.reach("mid_predict")
    scored.write_chunk(connection, found, lease, chunk, table, time.monotonic() - started)
