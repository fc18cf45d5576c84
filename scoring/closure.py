"""Closure: nothing lost, nothing twice, as equations that anyone can run.

Every term is counted by a predicate of its own and none is a remainder, so a row that falls through
shows as an equation that does not hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from scoring.jobs import Job


@dataclass(frozen=True, slots=True)
class Equation:
    """A total, and the terms that it must be the sum of."""

    subject: str
    total: int
    terms: dict[str, int]

    @property
    def holds(self) -> bool:
        """Whether the terms add up."""
        return self.total == sum(self.terms.values())

    def __str__(self) -> str:
        terms = " + ".join(f"{count} {name}" for name, count in self.terms.items())
        return f"{self.subject}: {self.total} {'=' if self.holds else '≠'} {terms}"


Window = tuple[datetime, datetime]


def equations(
    connection: psycopg.Connection[Any], job: Job, window: Window | None = None
) -> Sequence[Equation]:
    """Return the closure of deliveries, of row versions, and of runs.

    Args:
        connection: of role `score` or `transform`.
        job: the scoring job.
        window: restricts versions to `occurred_at` in it and runs to those inside it.
    """
    return [
        *_deliveries(connection),
        _versions(connection, job, window),
        *_runs(connection, job, window),
    ]


def _deliveries(connection: psycopg.Connection[Any]) -> list[Equation]:
    rows = connection.execute(
        "select deliveries.object_name, deliveries.rows_in_file, "
        "(select count(*) from raw.rejected_rows "
        " where rejected_rows.delivery_id = deliveries.delivery_id), "
        "deliveries.rows_duplicate, deliveries.rows_admitted "
        "from raw.deliveries where deliveries.state = 'admitted' "
        "order by deliveries.delivery_seq"
    ).fetchall()
    return [
        Equation(
            f"delivery {name}",
            total,
            {"rejected": rejected, "duplicate": duplicate, "admitted": admitted},
        )
        for name, total, rejected, duplicate, admitted in rows
    ]


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
            versions.occurred_at >= coalesce(%(start)s, '-infinity'::timestamptz)
            and versions.occurred_at < coalesce(%(end)s, 'infinity'::timestamptz)

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
        _VERSIONS.format(id=job.subject_id, ledger=job.ledger_table, versions=job.versions_table),
        {"start": start, "end": end},
    ).fetchone()
    total, *counts = row or (0, 0, 0, 0, 0, 0)
    names = ("history", "decided", "correction", "replaced", "pending")
    return Equation(f"versions in {job.versions}", total, dict(zip(names, counts, strict=True)))


def _runs(connection: psycopg.Connection[Any], job: Job, window: Window | None) -> list[Equation]:
    start, end = window or (None, None)
    rows = connection.execute(
        sql.SQL(
            "select runs.run_id, runs.rows_claimed, "
            "count(ledger.run_id) filter (where not ledger.is_degraded), "
            "count(ledger.run_id) filter (where ledger.is_degraded), "
            "(runs.parquet ->> 'rows')::bigint "
            "from decisions.runs left join {} as ledger on ledger.run_id = runs.run_id "
            "where runs.job = %s and runs.state = 'published' "
            "and runs.window_start >= coalesce(%s, '-infinity'::timestamptz) "
            "and runs.window_end <= coalesce(%s, 'infinity'::timestamptz) "
            "group by runs.run_id order by min(runs.published_at)"
        ).format(job.ledger_table),
        (job.name, start, end),
    ).fetchall()
    found = []
    for run_id, claimed, scored, degraded, parquet in rows:
        found.append(Equation(f"run {run_id}", claimed, {"scored": scored, "degraded": degraded}))
        found.append(Equation(f"run {run_id} file", claimed, {"rows in Parquet": parquet}))
    return found
