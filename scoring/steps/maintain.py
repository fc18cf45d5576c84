"""Repair the traces of a crash, a pause or a mistake; each repair is safe to repeat.

No repair decides rows: an undecided window is named, and its own run decides it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
import structlog

from features.platform.errors import ContractError
from features.platform.objects import ObjectStore
from scoring.evidence import published_files
from scoring.runs import gaps, population, record, stretches
from scoring.runs.job import Job
from scoring.runs.run_tables import RunTables
from scoring.runs.stretches import Stretch
from scoring.steps.publish import write_manifest

log = structlog.get_logger(__name__)


def windows_to_decide(
    connection: psycopg.Connection[Any], job: Job, now: datetime, limit: int | None = None
) -> list[Stretch]:
    """Return the stretches to decide next, one for each run; see `stretches.to_decide`.

    Windows of a stuck or a moving run are left out: the stuck run is failed first.

    Args:
        connection: of role `score`.
        job: whose windows.
        now: windows that have ended by then.
        limit: how many runs at most; None for all that are needed.
    """
    runs = stretches.to_decide(gaps.undecided(connection, job, now), job.stretch_rows)
    taken = runs[:limit]
    log.info(
        "gaps_found",
        job=job.name,
        gaps=sum(run.windows for run in runs),
        runs=len(runs),
        taken=len(taken),
    )
    return taken


def write_manifests(connection: psycopg.Connection[Any], job: Job, store: ObjectStore) -> int:
    """Write the manifests that published runs lack; return how many were written.

    Raises:
        ContractError: a published file is gone; every other manifest has been written.
    """
    existing = {stored.name for stored in store.list(f"published/{job.published}/")}
    published = connection.execute(
        "select run_id, parquet from decisions.runs where job = %s and state = 'published' "
        "order by published_at",
        (job.name,),
    ).fetchall()
    written, gone = 0, []
    for run_id, parquet in published:
        if parquet["object_name"] not in existing:
            gone.append(str(run_id))
        elif published_files.manifest_name(parquet) not in existing:
            written += write_manifest(record.load(connection, run_id), store)
    log.info("manifests_written", job=job.name, written=written, files_gone=len(gone))
    if gone:
        raise ContractError(
            f"the published files of {len(gone)} runs of {job.name} are gone (among them "
            f"{', '.join(gone[:3])}): restore them; `vesper closure` names them all"
        )
    return written


def drop_leftovers(connection: psycopg.Connection[Any]) -> list[UUID]:
    """Drop the tables in `scored` of runs that are published or failed; return those runs.

    An attempt that was taken over may have made them after its run had ended.
    """
    ended = [
        run_id
        for (run_id,) in connection.execute(
            "select distinct runs.run_id from pg_catalog.pg_class as class "
            "inner join decisions.runs "
            "on replace(runs.run_id::text, '-', '') = right(class.relname, 32) "
            "where class.relnamespace = 'scored'::regnamespace and class.relkind in ('r', 'v') "
            "and runs.state in ('published', 'failed')"
        ).fetchall()
    ]
    for run_id in ended:
        population.drop(connection, RunTables(run_id))
    log.info("leftovers_dropped", runs=len(ended))
    return ended
