"""Checks the closure of runs: claimed, scored, ledger and published rows must be equal.

Publishing checks the equations of its own run before it commits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from features.platform import database
from features.platform.objects import ObjectStore
from scoring.evidence import published_files
from scoring.evidence.equation import Equation
from scoring.evidence.row_digests import Rows
from scoring.runs.job import Job

Period = tuple[datetime, datetime]

# three independent predicates; none is the remainder of the others
_COUNTS = sql.SQL(
    "count(ledger.run_id), count(*) filter (where {}), count(*) filter (where ledger.is_degraded)"
)


def of_run(
    connection: psycopg.Connection[Any], job: Job, run_id: UUID, *, claimed: int, rows_in_file: int
) -> Sequence[Equation]:
    """Return the closure of one run, counted in the ledger as this transaction sees it.

    Args:
        connection: of role `score`.
        job: the run's job.
        run_id: the run.
        claimed: the number of rows at its claim.
        rows_in_file: the number of rows in its Parquet file.
    """
    counts = database.fetch_one(
        connection,
        f"count the rows of run {run_id} in {job.ledger.table}",
        sql.SQL("select {} from {} as ledger where ledger.run_id = %s").format(
            _COUNTS.format(job.is_scored), job.ledger_table
        ),
        (run_id,),
    )
    return _equations_of_run(run_id, claimed, counts, rows_in_file)


@dataclass(frozen=True, slots=True)
class Published:
    """A published run, with its counts in the ledger."""

    run_id: UUID
    claimed: int
    parquet: dict[str, Any] | None
    seal: dict[str, Any] | None
    published_at: datetime
    counts: Sequence[int]


def published(
    connection: psycopg.Connection[Any], job: Job, window: Period | None
) -> list[Published]:
    """Return the published runs of a job, all or those inside a window."""
    start, end = window or (None, None)
    rows = database.fetch_all(
        connection,
        f"count the published runs of {job.name}",
        sql.SQL(
            "select runs.run_id, runs.rows_claimed, runs.parquet, runs.seal, runs.published_at, {} "
            "from decisions.runs left join {} as ledger on ledger.run_id = runs.run_id "
            "where runs.job = %s and runs.state = 'published' "
            "and runs.window_start >= coalesce(%s, '-infinity'::timestamptz) "
            "and runs.window_end <= coalesce(%s, 'infinity'::timestamptz) "
            "group by runs.run_id order by min(runs.published_at)"
        ).format(_COUNTS.format(job.is_scored), job.ledger_table),
        (job.name, start, end),
    )
    return [
        Published(run_id, claimed, parquet, seal, published_at, counts)
        for run_id, claimed, parquet, seal, published_at, *counts in rows
    ]


def equations(
    runs: Sequence[Published], rows: Rows, store: ObjectStore | None
) -> Iterator[Equation]:
    """Yield the equations of runs.

    Args:
        runs: the runs.
        rows: the inspection of their ledger rows; its `since` limits the files that are read.
        store: of the published files; None leaves them unread.
    """
    for run in runs:
        is_read = rows.since is None or run.published_at >= rows.since
        inspection = published_files.inspect(
            run.run_id, run.parquet or {}, run.seal, store, is_read=is_read
        )
        yield from _equations_of_run(
            run.run_id,
            run.claimed,
            run.counts,
            inspection.rows,
            rows.take(str(run.run_id)),
            inspection.faults,
        )


def manifests(job: Job, runs: Sequence[Published], names: frozenset[str]) -> Equation:
    """Compare the manifests with the register: each must belong to a published run."""
    known = {f"run={run.run_id}" for run in runs}
    strange = sorted(name for name in names if name.split("/")[-2] not in known)
    faults = [f"{name} exists, but decisions.runs has no such published run" for name in strange]
    terms = {"of published runs": len(names) - len(strange)}
    return Equation(f"manifests in published/{job.published}", len(names), terms, tuple(faults))


def _equations_of_run(
    run_id: UUID,
    claimed: int,
    counts: Sequence[int],
    rows_in_file: int,
    of_rows: tuple[str, ...] = (),
    of_file: tuple[str, ...] = (),
) -> list[Equation]:
    in_ledger, scored, degraded = counts
    return [
        Equation(f"run {run_id}", claimed, {"scored": scored, "degraded": degraded}),
        Equation(f"run {run_id} ledger", claimed, {"rows in the ledger": in_ledger}, of_rows),
        Equation(f"run {run_id} file", claimed, {"rows in Parquet": rows_in_file}, of_file),
    ]
