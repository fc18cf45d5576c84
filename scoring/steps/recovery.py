"""Restore an open run after a server crash.

The tables in `scored` are unlogged: a crash leaves them empty. A run's row is not, and everything
else follows from it: the claim from its window and its cut-off, the scored rows from the claim and
the pins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import structlog

from features.platform import database
from features.platform.errors import ContractError
from scoring.runs import leases, lifecycle, population, record, scored_table, shards
from scoring.runs.job import Job
from scoring.runs.record import State

log = structlog.get_logger(__name__)

SCORE = "score"
_REOPENED = "run_reopened"


def restore_claim(connection: psycopg.Connection[Any], job: Job, run: record.Run) -> None:
    """Make the claimed rows and the view of their features again if they are lost.

    Where the claim is lost, so are the scored rows: every shard begins again.

    Raises:
        ContractError: other rows stand in the window than were claimed.
    """
    with connection.transaction():
        shards.lock(connection, run.run_id)
        if population.is_lost(connection, run.tables, run.rows_claimed):
            rows = population.make(connection, job, run.tables, run.scope, run.cut.chunk_rows)
            if rows != run.rows_claimed:
                raise ContractError(
                    f"run {run.run_id} had claimed {run.rows_claimed} rows, and {rows} stand "
                    "there after the crash; fail the run and claim its window again"
                )
            leases.restart_all(connection, run.run_id, SCORE)
            log.warning("claim_restored", run_id=str(run.run_id), rows=rows)
        population.expose_features(connection, job, run.tables)


def reopen_lost(connection: psycopg.Connection[Any], run_id: UUID) -> record.Run:
    """Take a run back to its claim where a crash has taken its scored rows; return it as it is.

    The audit keeps how far it had come (`had_come_to`).
    """
    with connection.transaction():
        shards.lock(connection, run_id)
        run = record.load(connection, run_id)
        is_scored = run.state in {State.SCORED, State.VALIDATED}
        if not is_scored or not scored_table.is_lost(connection, run):
            return run
        lifecycle.reopen(connection, run_id)
        leases.restart_all(connection, run_id, SCORE)
        connection.execute(
            "insert into audit.events (event, subject, actor, detail) values "
            "(%s, %s, current_user, jsonb_build_object('state', %s::text))",
            (_REOPENED, str(run_id), run.state),
        )
        log.warning("run_reopened", run_id=str(run_id), was=run.state)
        return record.load(connection, run_id)


def with_scores(
    connection: psycopg.Connection[Any], run_id: UUID, score: Callable[[UUID], object]
) -> record.Run:
    """Return a run with its scored rows, if it had been scored and has not ended.

    Args:
        connection: of role `score`, in autocommit.
        run_id: the run.
        score: scores the run again where a crash took its scored rows.
    """
    run = reopen_lost(connection, run_id)
    if run.state is State.CLAIMED and had_come_to(connection, run, State.SCORED, State.VALIDATED):
        score(run_id)
        return record.load(connection, run_id)
    return run


def had_come_to(connection: psycopg.Connection[Any], run: record.Run, *states: State) -> bool:
    """Return whether a run was in one of these states when a crash took it back to its claim."""
    (has_come,) = database.fetch_one(
        connection,
        f"read the past states of run {run.run_id}",
        "select exists (select from audit.events where subject = %s and event = %s "
        "and detail ->> 'state' = any(%s))",
        (str(run.run_id), _REOPENED, list(states)),
    )
    return bool(has_come)
