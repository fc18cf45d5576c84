"""Keeps the record of shadows: a row per run and challenger, and the would-be decisions.

Rows are written under a lease of the shadow's own: of two attempts at once, the newer one writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import psycopg
import pyarrow as pa
from psycopg import sql
from psycopg.rows import kwargs_row

from features.platform import database, readers
from features.platform.errors import ContractError
from scoring.evidence import decided_rows
from scoring.runs import leases
from scoring.runs.job import Job
from scoring.runs.pins import ModelPin
from scoring.runs.record import Run

_KEYS, _ROWS = "shadow_keys", "shadow_rows"


class State(StrEnum):
    """How far a shadow has come."""

    CLAIMED = "claimed"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


#: A shadow in one of these states is never taken up again.
ENDED = (State.DONE, State.SKIPPED)


@dataclass(frozen=True, slots=True)
class Shadow:
    """One row of `decisions.shadow_runs`."""

    shadow_id: int
    run_id: UUID
    job: str
    model: str
    version: str
    sha256: str
    state: State
    rows_published: int
    rows_decided: int
    seconds: float
    failure: str | None

    @property
    def has_ended(self) -> bool:
        """Whether it is never taken up again."""
        return self.state in ENDED

    @property
    def step(self) -> str:
        """The name of its lease."""
        return f"shadow {self.sha256[:12]}"

    def receipt(self) -> dict[str, object]:
        """Return the receipt of the task: counts and versions, never rows."""
        return {
            "run_id": str(self.run_id),
            "model": self.model,
            "version": self.version,
            "state": str(self.state),
            "rows_published": self.rows_published,
            "rows_decided": self.rows_decided,
            "seconds": round(self.seconds, 1),
            "failure": self.failure,
        }


_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, Shadow.__dataclass_fields__))


def _of_row(*, state: str, **columns: Any) -> Shadow:  # noqa: ANN401 - the other columns
    return Shadow(state=State(state), **columns)


def begin(connection: psycopg.Connection[Any], run: Run, pin: ModelPin) -> Shadow:
    """Return the shadow of a run and a challenger; make it, or take up the one that stopped.

    Args:
        connection: of role `score`, in autocommit.
        run: the published run.
        pin: the challenger; one without a version stands for a registry that named none.
    """
    values = {
        "run": run.run_id,
        "job": run.job,
        "model": pin.name,
        "version": pin.version,
        "sha256": pin.sha256,
        "rows": run.rows_claimed,
        "ended": list(ENDED),
    }
    with database.named(f"begin the shadow of run {run.run_id}"), connection.transaction():
        connection.execute(
            "insert into decisions.shadow_runs (run_id, job, model, version, sha256, "
            "rows_published) values (%(run)s, %(job)s, %(model)s, %(version)s, %(sha256)s, "
            "%(rows)s) on conflict (run_id, model, version, sha256) do update "
            "set state = 'claimed', failure = null, ended_at = null "
            "where shadow_runs.state <> all(%(ended)s)",
            values,
        )
    return find(connection, run.run_id, pin)


def find(connection: psycopg.Connection[Any], run_id: UUID, pin: ModelPin) -> Shadow:
    """Read the shadow of a run and a challenger."""
    with connection.cursor(row_factory=kwargs_row(_of_row)) as cursor:
        shadow = database.fetch_one(
            cursor,
            f"read the shadow of run {run_id}",
            sql.SQL(
                "select {} from decisions.shadow_runs where run_id = %s and model = %s "
                "and version = %s and sha256 = %s"
            ).format(_COLUMNS),
            (run_id, pin.name, pin.version, pin.sha256),
        )
    return shadow


def seconds_of_score(connection: psycopg.Connection[Any], job: Job, run: Run) -> float:
    """Return how many seconds the rows of a run took to score, over all shards."""
    (seconds,) = database.fetch_one(
        connection,
        f"add up the scoring time of run {run.run_id}",
        sql.SQL(
            "select coalesce(sum(processing_time_ms), 0) / 1000 from {} as ledger where {}"
        ).format(job.ledger_table, _of(run)),
    )
    return float(seconds)


def select_rest(
    connection: psycopg.Connection[Any], job: Job, run: Run, shadow: Shadow, chunk_rows: int
) -> int:
    """Choose the published rows that the challenger has not decided; return the chunks of them."""
    keys = sql.Identifier(_KEYS)
    with database.named(f"select the rows of the shadow of run {run.run_id}"):
        connection.execute(sql.SQL("drop table if exists pg_temp.{}").format(keys))
        connection.execute(
            sql.SQL(
                "create temporary table {} as "
                "select {id}, revision, version, "
                "((row_number() over (order by {id}, revision) - 1) / {chunk})::integer as chunk "
                "from {ledger} as ledger where {of_run} and not exists ("
                "select from decisions.shadow_decisions as decided "
                "where decided.shadow_id = {shadow} and decided.subject_id = ledger.{id} "
                "and decided.revision = ledger.revision)"
            ).format(
                keys,
                id=job.subject_id,
                chunk=sql.Literal(chunk_rows),
                ledger=job.ledger_table,
                of_run=_of(run),
                shadow=sql.Literal(shadow.shadow_id),
            )
        )
        connection.execute(sql.SQL("analyze pg_temp.{}").format(keys))
    (chunks,) = database.fetch_one(
        connection,
        "count the chunks of a shadow",
        sql.SQL("select coalesce(max(chunk) + 1, 0) from pg_temp.{}").format(keys),
    )
    return int(chunks)


def read_chunk(connection: psycopg.Connection[Any], job: Job, chunk: int) -> pa.Table:
    """Read the rows of a chunk as a decider takes them: [n, columns of the domain]."""
    condition = sql.SQL("{}.chunk = {}").format(sql.Identifier(_KEYS), sql.Literal(chunk))
    rows = decided_rows.read(connection, job, _KEYS, condition)
    return rows.select(list(job.decides().input_types))


def write_chunk(
    connection: psycopg.Connection[Any],
    lease: leases.Lease,
    shadow: Shadow,
    rows: pa.Table,
    seconds: float,
) -> None:
    """Write one chunk: COPY with no lock held, then one short fenced transaction.

    Args:
        connection: of role `score`, in autocommit.
        lease: of this attempt.
        shadow: the run and the challenger.
        rows: [n] rows of `decisions.shadow_decisions`.
        seconds: the time of the chunk.

    Raises:
        FencedError: a newer attempt holds the lease; nothing is written.
    """
    target = sql.Identifier("pg_temp", _ROWS)
    connection.execute(
        sql.SQL("create temporary table if not exists {} (like decisions.shadow_decisions)").format(
            sql.Identifier(_ROWS)
        )
    )
    connection.execute(sql.SQL("truncate {}").format(target))
    readers.write(connection, target, rows)
    with connection.transaction():
        lease.advance(connection)
        connection.execute(
            sql.SQL("insert into decisions.shadow_decisions select * from {}").format(target)
        )
        connection.execute(
            "update decisions.shadow_runs set rows_decided = rows_decided + %s, "
            "seconds = seconds + %s where shadow_id = %s",
            (rows.num_rows, seconds, shadow.shadow_id),
        )


def finish(connection: psycopg.Connection[Any], lease: leases.Lease, shadow: Shadow) -> None:
    """Mark a shadow done: every published row has a would-be decision.

    Raises:
        ContractError: published rows have lost their features, so no challenger can decide them.
        FencedError: a newer attempt holds the lease.
    """
    with connection.transaction():
        lease.release(connection)
        (rows,) = database.fetch_one(
            connection,
            "count the rows of a shadow",
            "select rows_decided from decisions.shadow_runs where shadow_id = %s",
            (shadow.shadow_id,),
        )
        if rows != shadow.rows_published:
            raise ContractError(
                f"run {shadow.run_id} has published {shadow.rows_published} rows, and {rows} have "
                "the features to be decided again; run `vesper closure`, which names the others"
            )
        _end(connection, shadow, State.DONE, None)


def stop(
    connection: psycopg.Connection[Any], shadow: Shadow, failure: str, state: State = State.FAILED
) -> None:
    """Record why a shadow decides no further row; one that is done stays done."""
    with database.named(f"stop the shadow of run {shadow.run_id}"), connection.transaction():
        _end(connection, shadow, state, failure)


def _end(
    connection: psycopg.Connection[Any], shadow: Shadow, state: State, failure: str | None
) -> None:
    connection.execute(
        "update decisions.shadow_runs set state = %s, failure = %s, "
        "ended_at = clock_timestamp() where shadow_id = %s and state <> all(%s)",
        (state, failure, shadow.shadow_id, list(ENDED)),
    )


def _of(run: Run) -> sql.Composable:
    """Return the condition of the ledger rows of a run; their time bounds what Postgres reads."""
    return sql.SQL("ledger.run_id = {} and ledger.decided_at between {} and {}").format(
        sql.Literal(run.run_id), sql.Literal(run.claimed_at), sql.Literal(run.scored_at)
    )
