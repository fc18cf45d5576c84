"""The score step: read a chunk, decide it, write it; again.

The shell around a domain's decider. The shards of a run are scored by as many processes at once.
Every chunk is written under the lease of the attempt at its shard; a killed attempt goes on where
the last committed chunk ended.
"""

from __future__ import annotations

import time
from contextlib import suppress
from uuid import UUID

import psycopg
import structlog
from psycopg import sql

from features.platform import code_version, database, failpoints, progress, readers
from features.platform.errors import ContractError, FencedError
from features.platform.objects import ObjectStore
from features.platform.settings import Settings
from scoring import domains
from scoring.decider import Decider, Domain
from scoring.domains import JOBS
from scoring.runs import leases, record, scored_table
from scoring.runs.job import Job, quoted
from scoring.runs.record import State
from scoring.steps import recovery

log = structlog.get_logger(__name__)

STEP = recovery.SCORE


def run(run_id: UUID, settings: Settings, store: ObjectStore) -> record.Run:
    """Score all shards of a claimed run in one process, one after the other.

    Returns and raises the same as `run_shard`.
    """
    with database.connect(settings.warehouse, "score") as connection:
        last = record.load(connection, run_id).shards - 1
    for shard in range(last):
        run_shard(run_id, settings, store, shard)
    return run_shard(run_id, settings, store, last)


def run_shard(run_id: UUID, settings: Settings, store: ObjectStore, shard: int) -> record.Run:
    """Score one shard of a claimed run into the run's table in `scored`.

    The last shard to finish marks the run `scored`.

    Returns:
        The run as it is after this shard.

    Raises:
        FencedError: a newer attempt at this shard has taken over.
        ContractError: the run has failed, has no such shard or was claimed by other code, or rows
            have no features.
        ConfigurationError: the pinned policy is not the file that was pinned.
    """
    started = time.monotonic()
    conninfo = settings.warehouse.conninfo("score")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        if (run := _open(connection, run_id, shard)).state is not State.CLAIMED:
            return run
        _require_pinned_code(run)
        lease = leases.take(connection, run_id, STEP, shard)
        # the attempt before may have got through before its session ended
        run = record.load(connection, run_id)
        if run.state is not State.CLAIMED:
            return run
        job = JOBS[run.job]
        domain = job.decides()
        with leases.held(conninfo, lease):
            decider = domains.decider_for_run(job, run, settings, store)
            failpoints.reach("after_model_load")
            _recover(connection, job, run, lease)
            own = run.cut.chunks_of(shard)
            done = min(lease.chunks_done * run.cut.chunk_rows, run.rows_claimed)
            progress.advance("rows", done, run.rows_claimed)
            for chunk in own[lease.chunks_done :]:
                _score_chunk(connection, domain, decider, lease, chunk)
                log.info("chunk_scored", run_id=str(run_id), shard=shard, chunk=chunk)
            lost = scored_table.finish(connection, job, run, lease)
    for other in lost:
        # if its task was cleared meanwhile, that attempt goes on
        with suppress(FencedError):
            run_shard(run_id, settings, store, other)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        run = record.load(connection, run_id)
    log.info(
        "shard_scored",
        job=run.job,
        run_id=str(run_id),
        shard=shard,
        of=run.shards,
        run_is=run.state,
        rows=run.rows_claimed,
        degraded=run.rows_degraded,
        policy=run.policy_version,
        seconds=round(time.monotonic() - started, 1),
    )
    return run


def _open(connection: psycopg.Connection, run_id: UUID, shard: int) -> record.Run:
    """Load the run of a shard; reopen it if a crash has taken its scored rows."""
    run = record.load(connection, run_id)
    if run.state is State.FAILED:
        raise ContractError(
            f"run {run_id} has failed and stays failed; claim its window again: in Airflow, "
            "clear the task `admit` and everything after it"
        )
    if shard not in range(run.shards):
        raise ContractError(
            f"run {run_id} is cut into {run.shards} shards, counted from 0; there is no shard "
            f"{shard}"
        )
    return recovery.reopen_lost(connection, run_id)


def _require_pinned_code(run: record.Run) -> None:
    if not code_version.is_loaded(run.code_version):
        raise ContractError(
            f"run {run.run_id} was claimed by code {run.code_version}, and this process has "
            f"loaded {code_version.at_load()[: code_version.SHOWN_LETTERS]}: clear the task "
            "`admit` and everything after it, and the window is claimed anew with this code"
        )


def _recover(
    connection: psycopg.Connection, job: Job, run: record.Run, lease: leases.Lease
) -> None:
    """Make the tables of the chunks; start again if a crash has emptied the unlogged tables."""
    with connection.transaction():
        recovery.restore_claim(connection, job, run)
        scored_table.prepare(connection, job, run, lease)


def _score_chunk(
    connection: psycopg.Connection,
    domain: Domain,
    decider: Decider,
    lease: leases.Lease,
    chunk: int,
) -> None:
    started = time.monotonic()
    run = decider.run
    query = sql.SQL("select {} from {} where chunk = {}").format(
        domain.input_columns("features", "evidence"),
        domain.source(quoted(run.tables.features), run),
        sql.Literal(chunk),
    )
    table = decider.decide(readers.read(connection, query, domain.input_types))
    failpoints.reach("mid_predict")
    scored_table.write_chunk(connection, run, lease, chunk, table, time.monotonic() - started)
    progress.advance("rows", table.num_rows, run.rows_claimed)
