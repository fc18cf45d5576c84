"""Replays decisions: decides again from the pins, and compares bit for bit.

The ledger keeps the hash of the stored feature row. The row passes through the pinned model file
and the pinned policy, and probability, score, outcome, reasons and rule hits must have the same
bits. A replay never uses the registry, today's champion or the policy in force. A second check
rebuilds the features from raw (`features.rebuild`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
import structlog
from psycopg import sql

from features.platform import database, readers
from features.platform.errors import ConfigurationError, ModelUnavailableError
from scoring.decider import Decider
from scoring.evidence import decided_rows, divergence
from scoring.evidence.divergence import Difference, Divergence
from scoring.evidence.lookup import subject_of
from scoring.runs import record
from scoring.runs.job import Job

log = structlog.get_logger(__name__)

CHUNK_ROWS = 50_000
SHOWN = 20


Maker = Callable[[record.Run], Decider]


@dataclass(slots=True)
class Replay:
    """The result of a replay."""

    decisions: int = 0
    runs: int = 0
    degraded: int = 0  # a model's failure was an event of its run, so it is kept as recorded
    differing: int = 0
    differences: list[Difference] = field(default_factory=list)  # the first of each run

    @property
    def holds(self) -> bool:
        """Whether every decision is the same, bit for bit."""
        return self.differing == 0

    def add(self, differences: Sequence[Difference], count: int) -> None:
        """Add differences; of many, keep the first."""
        self.differing += count
        self.differences.extend(differences[: max(SHOWN - len(self.differences), 0)])


@dataclass(frozen=True, slots=True)
class Selection:
    """The selected decisions: named ones, those of a window, or a random sample."""

    ids: tuple[str, ...] = ()
    window: tuple[datetime, datetime] | None = None
    sample: int | None = None
    seed: int = 0


def replay(
    connection: psycopg.Connection[Any],
    job: Job,
    maker: Maker,
    selection: Selection,
    lock_sha256: str,
    progress: Callable[[int, int], None] | None = None,
) -> Replay:
    """Decide again and compare.

    Args:
        connection: of role `score`, in autocommit. Its temporary table `replayed` holds the
            selected decisions afterwards.
        job: the job of the ledger.
        maker: makes the decider of a run, or raises an error for a missing pin.
        selection: the decisions; each revision is one.
        lock_sha256: of the installed library versions.
        progress: called with the number of replayed decisions and the total.

    Raises:
        ConfigurationError: a named id has no decision.
    """
    total = _select(connection, job, selection)
    result = Replay()
    pinned = database.fetch_all(
        connection,
        "count the selected decisions of each run",
        "select run_id, count(*) from replayed group by run_id order by run_id",
    )
    for run_id, count in pinned:
        run = record.load(connection, run_id)
        result.runs += 1
        result.decisions += count
        _replay_run(connection, job, maker, run, lock_sha256, result)
        if progress:
            progress(result.decisions, total)
    log.info(
        "decisions_replayed",
        job=job.name,
        decisions=result.decisions,
        runs=result.runs,
        differing=result.differing,
    )
    return result


def _select(connection: psycopg.Connection[Any], job: Job, selection: Selection) -> int:
    """Fill the temporary table `replayed` with the keys of the selected decisions."""
    connection.execute("drop table if exists replayed")
    connection.execute(
        sql.SQL(
            "create temporary table replayed "
            "({} text, revision integer, version integer, run_id uuid, chunk integer)"
        ).format(job.subject_id)
    )
    names = [subject_of(decision_id, job) for decision_id in selection.ids]
    start, end = selection.window or (None, None)
    rows = connection.execute(
        sql.SQL(
            """
            insert into replayed
            select
                {id}, revision, version, run_id,
                (row_number() over (partition by run_id order by {id}, revision) - 1) / {chunk}
            from (
                select {id}, revision, version, run_id from {ledger}
                where
                    (%(ids)s::text[] is null or {id} = any(%(ids)s))
                    and {at} >= coalesce(%(start)s, '-infinity'::timestamptz)
                    and {at} < coalesce(%(end)s, 'infinity'::timestamptz)
                order by
                    case
                        when %(sample)s::bigint is not null
                            then hashtextextended({id} || '/' || revision, %(seed)s)
                    end
                limit %(sample)s::bigint
            ) as selected
            """
        ).format(
            id=job.subject_id,
            at=job.event_time,
            ledger=job.ledger_table,
            chunk=sql.Literal(CHUNK_ROWS),
        ),
        {
            "ids": names or None,
            "start": start,
            "end": end,
            "sample": selection.sample,
            "seed": selection.seed,
        },
    ).rowcount
    if names:
        missing = database.fetch_all(
            connection,
            "look for ids without a decision",
            sql.SQL(
                "select name from unnest(%s::text[]) as name "
                "where not exists (select from replayed where {} = name) limit 3"
            ).format(job.subject_id),
            (names,),
        )
        if missing:
            raise ConfigurationError(
                f"{job.ledger.table} has no decision of "
                f"{', '.join(repr(row[0]) for row in missing)}; look ids up in "
                f"serving.{job.serving}, or name another job by --job"
            )
    connection.execute("analyze replayed")
    return rows


def _replay_run(
    connection: psycopg.Connection[Any],
    job: Job,
    maker: Maker,
    run: record.Run,
    lock_sha256: str,
    result: Replay,
) -> None:
    altered = divergence.altered(connection, job, run)
    result.add([divergence.data_difference(job, run, *key) for key in altered], len(altered))
    try:
        decider = maker(run)
    except (ModelUnavailableError, ConfigurationError) as error:
        is_model = isinstance(error, ModelUnavailableError)
        kind = Divergence.MODEL if is_model else Divergence.POLICY
        left = _chunks(connection, run.run_id)
        result.add(
            [Difference(f"all of run {run.run_id}", str(run.run_id), kind, ("pin",), str(error))],
            sum(rows for _, rows in left),
        )
        return
    same_libraries = _lock_of(connection, run.run_id) == lock_sha256
    for chunk, _ in _chunks(connection, run.run_id):
        result.degraded += _decide_again(connection, job, decider, chunk)
        differing = divergence.differing(connection, job)
        result.add(
            [divergence.difference(job, run, row, same_libraries) for row in differing],
            len(differing),
        )


def _chunks(connection: psycopg.Connection[Any], run_id: UUID) -> list[tuple[int, int]]:
    """Return number and rows of the run's remaining chunks."""
    return database.fetch_all(
        connection,
        "count the chunks that are left",
        "select chunk, count(*) from replayed where run_id = %s group by chunk order by chunk",
        (run_id,),
    )


def _decide_again(
    connection: psycopg.Connection[Any],
    job: Job,
    decider: Decider,
    chunk: int,
) -> int:
    """Write the chunk's new decisions to a temporary table; return the number of degraded ones."""
    domain = job.decides()
    condition = sql.SQL("replayed.run_id = {} and replayed.chunk = {}").format(
        sql.Literal(decider.run.run_id), sql.Literal(chunk)
    )
    rows = decided_rows.read(connection, job, "replayed", condition)
    again = decider.decide_again(
        rows.select(list(domain.input_types)), rows.select(decided_rows.recorded_of(job))
    )
    connection.execute("drop table if exists decided_again")
    connection.execute(
        sql.SQL("create temporary table decided_again (like {})").format(job.ledger_table)
    )
    connection.execute(
        "alter table decided_again alter decided_at drop not null, "
        "alter processing_time_ms drop not null"
    )
    readers.write(connection, sql.Identifier("decided_again"), again)
    (degraded,) = database.fetch_one(
        connection,
        "count degraded decisions",
        "select count(*) from decided_again where is_degraded",
    )
    return int(degraded)


def _lock_of(connection: psycopg.Connection[Any], run_id: UUID) -> str:
    (lock_sha256,) = database.fetch_one(
        connection,
        f"read the lock of run {run_id}",
        "select lock_sha256 from decisions.runs where run_id = %s",
        (run_id,),
    )
    return str(lock_sha256)
