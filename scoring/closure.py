"""Closure: nothing lost, nothing twice, as equations that anyone can run.

Every term is counted by a predicate of its own and none is a remainder, so a row that falls through
shows as an equation that does not hold. Publishing asks the equations of its own run before it
commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from features.objects import ObjectStore
from scoring import published_files
from scoring.jobs import Job


@dataclass(frozen=True, slots=True)
class Equation:
    """A total, the terms that it must be the sum of, and what else speaks against the subject."""

    subject: str
    total: int
    terms: dict[str, int]
    faults: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the terms add up, and nothing speaks against the subject."""
        return self._adds_up and not self.faults

    @property
    def _adds_up(self) -> bool:
        return self.total == sum(self.terms.values())

    def __str__(self) -> str:
        terms = " + ".join(f"{count} {name}" for name, count in self.terms.items())
        equation = f"{self.subject}: {self.total} {'=' if self._adds_up else '≠'} {terms}"
        return "; ".join([equation, *self.faults])


Window = tuple[datetime, datetime]


def equations(
    connection: psycopg.Connection[Any],
    job: Job,
    window: Window | None = None,
    store: ObjectStore | None = None,
) -> Sequence[Equation]:
    """Return the closure of deliveries, of row versions, and of runs.

    Args:
        connection: of role `score` or `transform`.
        job: the scoring job.
        window: restricts versions to those that happened in it and runs to those inside it.
        store: where the published files lie; their bytes are read and compared. Without it the rows
            of a file are those that were counted at its writing.
    """
    return [
        *_deliveries(connection),
        _versions(connection, job, window),
        *_runs(connection, job, window, store),
    ]


def of_run(
    connection: psycopg.Connection[Any], job: Job, run_id: UUID, *, claimed: int, rows_in_file: int
) -> Sequence[Equation]:
    """Return the closure of one run, counted in the ledger as this transaction sees it.

    Args:
        connection: of role `score`.
        job: the run's job.
        run_id: the run.
        claimed: the rows that were counted at its claim.
        rows_in_file: the rows that its Parquet file counts.
    """
    row = connection.execute(
        sql.SQL("select {} from {} as ledger where ledger.run_id = %s").format(
            _COUNTS.format(job.is_scored), job.ledger_table
        ),
        (run_id,),
    ).fetchone()
    return _equations_of_run(run_id, claimed, row or (0, 0, 0), rows_in_file)


_DELIVERIES = """
    with rejected as (
        select delivery_id, count(*) as in_rows, sum(line_count) as in_lines
        from raw.rejected_rows
        group by delivery_id
    )

    select
        format('delivery %s %s', deliveries.delivery_seq, deliveries.object_name),
        deliveries.rows_in_file,
        coalesce(rejected.in_rows, 0),
        deliveries.rows_duplicate,
        deliveries.rows_admitted,
        deliveries.lines_in_file,
        deliveries.header_lines,
        deliveries.blank_lines,
        coalesce(rejected.in_lines, 0),
        deliveries.lines_duplicate,
        deliveries.lines_admitted
    from raw.deliveries
    left join rejected using (delivery_id)
    where deliveries.state = 'admitted'
    order by deliveries.delivery_seq
"""


def _deliveries(connection: psycopg.Connection[Any]) -> list[Equation]:
    """Return the rows of each admitted file and, where its format has them, its physical lines."""
    equations = []
    for subject, *counts in connection.execute(_DELIVERIES):
        rows, (lines, *of_lines) = counts[:4], counts[4:]
        equations.append(_equation(subject, rows, ("rejected", "duplicate", "admitted")))
        if lines is not None:
            terms = ("header", "blank", "rejected", "duplicate", "admitted")
            equations.append(_equation(f"{subject} lines", (lines, *of_lines), terms))
    return equations


def _equation(subject: str, counts: Sequence[int], terms: Sequence[str]) -> Equation:
    total, *parts = counts
    return Equation(subject, total, dict(zip(terms, parts, strict=True)))


_VERSIONS = sql.SQL(
    """
    with versions as (

        select
            versions.{id} as subject_id,
            versions.version,
            versions.is_history,
            exists (
                select 1 from {ledger} as ledger
                where ledger.{id} = versions.{id} and ledger.version = versions.version
            ) as is_decided,
            (
                select min(ledger.version) from {ledger} as ledger
                where ledger.{id} = versions.{id}
            ) as first_decided_version,
            exists (
                select 1 from {versions} as newer
                where newer.{id} = versions.{id} and newer.version > versions.version
            ) as is_replaced
        from {versions} as versions
        where
            versions.{at} >= coalesce(%(start)s, '-infinity'::timestamptz)
            and versions.{at} < coalesce(%(end)s, 'infinity'::timestamptz)

    )

    select
        count(*),
        count(*) filter (where is_history),
        count(*) filter (where not is_history and is_decided),
        -- a later version of a decided row waits for a restatement
        count(*) filter (
            where not is_history and not is_decided and version > first_decided_version
        ),
        -- an earlier version that a later one replaced before anything was decided
        count(*) filter (
            where
            not is_history and not is_decided
            and (
                version < first_decided_version
                or (first_decided_version is null and is_replaced)
            )
        ),
        -- the newest version of a row whose window has not been run, or that came after its run
        count(*) filter (
            where
            not is_history and not is_decided
            and first_decided_version is null and not is_replaced
        )
    from versions
    """
)


def _versions(connection: psycopg.Connection[Any], job: Job, window: Window | None) -> Equation:
    start, end = window or (None, None)
    row = connection.execute(
        _VERSIONS.format(**job.names),
        {"start": start, "end": end},
    ).fetchone()
    total, *counts = row or (0, 0, 0, 0, 0, 0)
    names = ("history", "decided", "correction", "replaced", "pending")
    return Equation(f"versions in {job.versions}", total, dict(zip(names, counts, strict=True)))


# Three predicates, and none the rest of another.
_COUNTS = sql.SQL(
    "count(ledger.run_id), count(*) filter (where {}), count(*) filter (where ledger.is_degraded)"
)


def _runs(
    connection: psycopg.Connection[Any],
    job: Job,
    window: Window | None,
    store: ObjectStore | None,
) -> list[Equation]:
    start, end = window or (None, None)
    rows = connection.execute(
        sql.SQL(
            "select runs.run_id, runs.rows_claimed, runs.parquet, {} "
            "from decisions.runs left join {} as ledger on ledger.run_id = runs.run_id "
            "where runs.job = %s and runs.state = 'published' "
            "and runs.window_start >= coalesce(%s, '-infinity'::timestamptz) "
            "and runs.window_end <= coalesce(%s, 'infinity'::timestamptz) "
            "group by runs.run_id order by min(runs.published_at)"
        ).format(_COUNTS.format(job.is_scored), job.ledger_table),
        (job.name, start, end),
    ).fetchall()
    found: list[Equation] = []
    for run_id, claimed, parquet, *counts in rows:
        seen = (
            published_files.inspect(run_id, parquet, store)
            if store
            else published_files.Inspection(parquet["rows"], ())
        )
        found += _equations_of_run(run_id, claimed, counts, seen.rows, seen.faults)
    return found


def _equations_of_run(
    run_id: UUID,
    claimed: int,
    counts: Sequence[int],
    rows_in_file: int,
    faults: tuple[str, ...] = (),
) -> list[Equation]:
    in_ledger, scored, degraded = counts
    return [
        Equation(f"run {run_id}", claimed, {"scored": scored, "degraded": degraded}),
        Equation(f"run {run_id} ledger", claimed, {"rows in the ledger": in_ledger}),
        Equation(f"run {run_id} file", claimed, {"rows in Parquet": rows_in_file}, faults),
    ]
