"""Claim, fail and advance runs: one attempt to decide one window, with pins that never change.

A run is claimed under the ingest lock, so its cut-off separates earlier from later knowledge. Each
job has at most one open run.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import structlog

from features.ingest import clock
from features.platform import database, failpoints, seals
from features.platform.card_numbers import mask_name
from features.platform.errors import ScoringError
from scoring.runs import population, record
from scoring.runs.job import Job
from scoring.runs.pins import Pins
from scoring.runs.record import OPEN_STATES, Run, load
from scoring.runs.request import MOST_ROWS, NO_WINDOW, Request
from scoring.runs.run_tables import RunTables
from scoring.runs.shards import CHUNK_ROWS, MAX_SHARDS, Cut

log = structlog.get_logger(__name__)

STALE_AFTER = timedelta(minutes=30)


class RunOpenError(ScoringError):
    """Another run of the job is open; wait for it, or let it go stale.

    Args:
        message: names the open run, and how long it has not moved.
        run: the open one.
    """

    def __init__(self, message: str, run: Run) -> None:
        """Name the open run."""
        super().__init__(message)
        self.run = run


_REQUEST = ("window_start", "window_end", "requested_by", "restated_ids")
# a window is decided once; a restatement once per requester (the Airflow run) and reason
_IS_PUBLISHED = (
    "job = %(job)s and state = 'published' and window_start = %(window_start)s "
    "and window_end = %(window_end)s and case when %(restated_ids)s::text[] is null "
    "then kind <> all(%(no_window)s) else kind = %(kind)s and (requested_by, reason, "
    "restated_ids) is not distinct from (%(requested_by)s, %(reason)s, %(restated_ids)s) end"
)


def claim(
    connection: psycopg.Connection[Any],
    job: Job,
    request: Request,
    pins: Pins,
    *,
    chunk_rows: int = CHUNK_ROWS,
    max_shards: int = MAX_SHARDS,
) -> Run:
    """Claim a window: fix the cut-off and the pins, and count the rows.

    A second claim by the same requester returns the open run. A claim of a published window returns
    the published run, and so does the same request for a restatement: a retry, a second trigger and
    a cleared Airflow run change nothing.

    Args:
        connection: of role `score`, in autocommit.
        job: the job.
        request: the window and its requester.
        pins: the exact files and versions that decide it.
        chunk_rows: the rows of a chunk.
        max_shards: the most processes that score the run at once.

    Raises:
        RunOpenError: another run of the job is open; names it.
        ContractError: a restatement names no rows, no reason, or rows that were never decided; or
            a run that is not a restatement names rows; or a long window has too many rows; or a
                window holds several nights.
    """
    request.check()
    window = (request.window_start, request.window_end)
    with connection.transaction():
        clock.lock(connection)
        if (existing := _existing(connection, job, request)) is not None:
            return existing
        cutoff = population.newest_known_at(connection)
        run_id = uuid4()
        ids = list(request.restated_ids) or None
        scope = population.Scope(request.kind, window, cutoff, ids)
        rows = population.make(connection, job, RunTables(run_id), scope, chunk_rows)
        request.check_found(rows)
        is_many_nights = job.population.nights is not None and request.exceeds(job.cadence)
        if request.is_long or is_many_nights:
            of_window = population.within(connection, job, RunTables(run_id), scope)
            request.check_size(of_window, 0 if is_many_nights else MOST_ROWS)
        exceptions = _exceptions(connection) if job.has_exceptions else (None, None)
        connection.execute(
            "insert into decisions.runs (run_id, job, kind, window_start, window_end, "
            "requested_by, reason, restated_ids, models, policy_version, policy_sha256, "
            "feature_view, code_version, lock_sha256, known_at_cutoff, rows_claimed, chunk_rows, "
            "shard_count, exceptions_sha256, exceptions_at) values "
            "(%(run_id)s, %(job)s, %(kind)s, %(window_start)s, %(window_end)s, "
            "%(requested_by)s, %(reason)s, %(restated_ids)s, %(models)s, %(policy_version)s, "
            "%(policy_sha256)s, %(feature_view)s, %(code_version)s, %(lock_sha256)s, "
            "%(cutoff)s, %(rows)s, %(chunk_rows)s, %(shard_count)s, %(exceptions_sha256)s, "
            "%(exceptions_at)s)",
            asdict(request)
            | asdict(pins)
            | {
                "run_id": run_id,
                "job": job.name,
                "restated_ids": ids,
                "models": json.dumps(pins.models),
                "cutoff": cutoff,
                "rows": rows,
                "chunk_rows": chunk_rows,
                "shard_count": Cut.of(rows, chunk_rows, max_shards).shards,
                "exceptions_sha256": exceptions[0],
                "exceptions_at": exceptions[1],
            },
        )
    failpoints.reach("after_claim")
    run = load(connection, run_id)
    log.info(
        "window_claimed",
        job=job.name,
        run_id=str(run_id),
        window=f"{window[0].isoformat()}/{window[1].isoformat()}",
        rows=rows,
        policy=pins.policy_version,
    )
    return run


def fail(connection: psycopg.Connection[Any], run_id: UUID, failure: str) -> bool:
    """Mark an open run failed and drop its tables; return whether it was open."""
    with connection.transaction():
        changed = connection.execute(
            "update decisions.runs set state = 'failed', failure = %s, "
            "failed_at = clock_timestamp() "
            "where run_id = %s and state = any(%s)",
            (mask_name(failure), run_id, list(OPEN_STATES)),
        ).rowcount
        if changed:
            connection.execute(
                "insert into audit.events (event, subject, actor, detail) values "
                "('run_failed', %s, current_user, jsonb_build_object('failure', %s::text))",
                (str(run_id), mask_name(failure)),
            )
            population.drop(connection, RunTables(run_id))
            seals.seal(connection, "run", run_id)
    return changed == 1


def fail_stuck(connection: psycopg.Connection[Any], job: Job) -> Run | None:
    """Fail the job's open run if its lease does not move any more; return it if so."""
    open_run = _open(connection, job)
    if open_run is None or (moved := _last_moved(connection, open_run.run_id)) < STALE_AFTER:
        return None
    return open_run if _fail_stale(connection, open_run, moved) else None


def mark_validated(connection: psycopg.Connection[Any], run_id: UUID) -> None:
    """Record that the gate on the run's decisions has passed."""
    connection.execute(
        "update decisions.runs set state = 'validated', validated_at = clock_timestamp() "
        "where run_id = %s and state = 'scored'",
        (run_id,),
    )


def reopen(connection: psycopg.Connection[Any], run_id: UUID) -> None:
    """Take a scored run back to its claim, because a crash of the server has emptied its tables."""
    connection.execute(
        "update decisions.runs set state = 'claimed', scored_at = null, validated_at = null, "
        "rows_scored = null, rows_degraded = null "
        "where run_id = %s and state in ('scored', 'validated')",
        (run_id,),
    )


def _existing(connection: psycopg.Connection[Any], job: Job, request: Request) -> Run | None:
    """Return the run that exists for this request, after failing a stale open run."""
    ids = list(request.restated_ids) or None
    requested = (request.window_start, request.window_end, request.requested_by, ids)
    values = dict(zip(_REQUEST, requested, strict=True), job=job.name, reason=request.reason)
    values |= {"kind": request.kind, "no_window": list(NO_WINDOW)}
    if (published := record.find(connection, _IS_PUBLISHED, **values)) is not None:
        return published
    if (open_run := _open(connection, job)) is not None:
        if tuple(getattr(open_run, name) for name in _REQUEST) == requested:
            return open_run
        moved = _last_moved(connection, open_run.run_id)
        if moved < STALE_AFTER:
            raise RunOpenError(
                f"run {open_run.run_id} of {job.name} is open for window "
                f"{open_run.window_start.isoformat()}/{open_run.window_end.isoformat()} "
                f"(requested by {open_run.requested_by}, last moved {moved} ago); this window "
                f"waits for it, and takes over once it has not moved for {STALE_AFTER}",
                open_run,
            )
        _fail_stale(connection, open_run, moved)
    return None


def _exceptions(connection: psycopg.Connection[Any]) -> tuple[str | None, datetime | None]:
    """Keep the exceptions in force; return their digest and the moment, or None for none."""
    digest, moment = database.fetch_one(
        connection,
        "pin the exceptions from the policy",
        "select audit.keep_exceptions(pinned.moment), pinned.moment "
        "from (select clock_timestamp() as moment offset 0) as pinned",
    )
    return digest, moment if digest else None


def _fail_stale(connection: psycopg.Connection[Any], run: Run, moved: timedelta) -> bool:
    return fail(connection, run.run_id, f"its lease had not moved for {moved}")


def _open(connection: psycopg.Connection[Any], job: Job) -> Run | None:
    """Return the job's open run; the table holds one at most."""
    return record.find(
        connection, "job = %(job)s and state = any(%(open)s)", job=job.name, open=list(OPEN_STATES)
    )


def _last_moved(connection: psycopg.Connection[Any], run_id: UUID) -> timedelta:
    idle: timedelta
    (idle,) = database.fetch_one(
        connection,
        f"read when run {run_id} moved last",
        "select clock_timestamp() - greatest(runs.claimed_at, runs.scored_at, runs.validated_at, "
        "(select max(leases.renewed_at) from decisions.leases "
        "where leases.run_id = runs.run_id)) from decisions.runs where runs.run_id = %s",
        (run_id,),
    )
    return idle
