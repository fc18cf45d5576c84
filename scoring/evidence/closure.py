"""Proves by equations that no row is lost, duplicated or changed.

Each term has its own predicate and no term is a remainder, so a missed row breaks an equation. Rows
are compared with their digests, and registers with their seals.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from features.platform import database
from features.platform.objects import ObjectStore
from scoring.domains import JOBS
from scoring.evidence import published_files, row_digests, run_closure, seal_chain
from scoring.evidence.equation import Equation, of_counts
from scoring.evidence.row_digests import Rows
from scoring.evidence.run_closure import Period, of_run
from scoring.runs.job import Job

__all__ = ["Equation", "Period", "equations", "of_run", "snapshot"]


def equations(
    connection: psycopg.Connection[Any],
    jobs: Job | Sequence[Job],
    window: Period | None = None,
    store: ObjectStore | None = None,
    *,
    is_fast: bool = False,
) -> Sequence[Equation]:
    """Return the closure of seals, tables, deliveries, row versions and runs; see their notes.

    Args:
        connection: of role `score` or `transform`.
        jobs: the scoring job, or several.
        window: restricts versions to events inside it, and runs to windows inside it.
        store: the published files, whose bytes are read and compared. Without a store the rows of a
            file are those counted at its writing.
        is_fast: compare the rows and read the files of the newest days only.
    """
    selected = [jobs] if isinstance(jobs, Job) else jobs
    # listed before the snapshot, so every manifest in the list belongs to a committed run
    listed = [published_files.listed(job.published, store) if store else None for job in selected]
    with snapshot(connection):
        rows = row_digests.inspect(connection, selected, is_fast=is_fast)
        of_tables = [*seal_chain.equations(connection), *rows.tables]
        of_deliveries = _deliveries(connection, rows)
        of_versions = [_versions(connection, job, window) for job in selected]
        published = [run_closure.published(connection, job, window) for job in selected]
    of_runs: list[Equation] = []
    for job, of_job, names in zip(selected, published, listed, strict=True):
        if names is not None and window is None:
            of_tables.append(run_closure.manifests(job, of_job, names))
        of_runs += run_closure.equations(of_job, rows, store)
    coverage = rows.rest()
    notes = (*coverage.notes, *_not_checked(selected, window, rows, store))
    return [*of_tables, replace(coverage, notes=notes), *of_deliveries, *of_versions, *of_runs]


def _not_checked(
    jobs: Sequence[Job], window: Period | None, rows: Rows, store: ObjectStore | None
) -> Iterator[str]:
    """Yield a note for each open question of these equations, with the way to close it."""
    if store is None:
        yield (
            "published files and manifests: not read (--no-files), so a chain of seals that was "
            "rewritten as a whole is not detected"
        )
    elif rows.since is not None:
        yield f"files of runs published before {rows.since:%Y-%m-%d %H:%M} UTC: --fast skips them"
    if window is not None:
        yield "row versions and runs outside of --window, and manifests of unknown runs"
    left_out = [job.ledger.table for job in JOBS.values() if job not in jobs]
    if left_out:
        yield f"{', '.join(left_out)}: --job leaves it out"
    yield "deliveries since the newest published run: no manifest holds their seals yet"
    yield "features and decisions computed again from their rows: `vesper replay`"
    yield (
        "decisions.price_estimates, audit.events, audit.validation_results, "
        "raw.repeated_deliveries: they have no seals"
    )


@contextmanager
def snapshot(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Read one state of the warehouse, whatever is admitted and published in the meantime."""
    is_outermost = connection.info.transaction_status == TransactionStatus.IDLE
    with connection.transaction():
        if is_outermost:
            connection.execute("set transaction isolation level repeatable read, read only")
        connection.execute("set local timezone = 'UTC'")
        yield


_DELIVERIES = """
    with rejected as (
        select delivery_id, sum(line_count) as in_lines
        from raw.rejected_rows
        group by delivery_id
    )

    select
        deliveries.delivery_id::text,
        coalesce(deliveries.rows_in_file, 0),
        deliveries.rows_duplicate,
        deliveries.lines_in_file,
        coalesce(deliveries.header_lines, 0),
        coalesce(deliveries.blank_lines, 0),
        coalesce(rejected.in_lines, 0),
        coalesce(deliveries.lines_duplicate, 0),
        coalesce(deliveries.lines_admitted, 0)
    from raw.deliveries
    left join rejected using (delivery_id)
    where deliveries.state = 'admitted'
    order by deliveries.delivery_seq
"""


def _deliveries(connection: psycopg.Connection[Any], rows: Rows) -> list[Equation]:
    """Return the equations of each admitted file's rows and, if its format has them, its lines."""
    equations = []
    deliveries = database.fetch_all(connection, "count the rows of deliveries", _DELIVERIES)
    for delivery_id, in_file, duplicate, lines, *of_lines in deliveries:
        subject = rows.names[delivery_id]
        terms = {
            "rejected": rows.rejected.get(delivery_id, 0),
            "duplicate": duplicate,
            "admitted": rows.counted.get(delivery_id, 0),
        }
        equations.append(Equation(subject, in_file, terms, rows.take(delivery_id)))
        if lines is not None:
            names = ("header", "blank", "rejected", "duplicate", "admitted")
            equations.append(of_counts(f"{subject} lines", (lines, *of_lines), names))
    return equations


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


def _versions(connection: psycopg.Connection[Any], job: Job, window: Period | None) -> Equation:
    start, end = window or (None, None)
    total, *counts = database.fetch_one(
        connection,
        f"count the versions in {job.view.versions}",
        _VERSIONS.format(**job.names),
        {"start": start, "end": end},
    )
    names = ("history", "decided", "correction", "replaced", "pending")
    return Equation(
        f"versions in {job.view.versions}", total, dict(zip(names, counts, strict=True))
    )
