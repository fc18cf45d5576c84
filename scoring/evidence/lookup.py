"""Finds the job that decided some ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from features.platform import database
from features.platform.errors import ConfigurationError
from scoring.domains import JOBS
from scoring.runs.job import Job


def job_of(connection: psycopg.Connection[Any], ids: Sequence[str]) -> Job:
    """Return the one job that has decided all of these ids.

    Args:
        connection: of role `score`.
        ids: decision ids such as `applications/a1/0`, or plain ids of subjects.

    Raises:
        ConfigurationError: no job or several jobs have decided them; names the next step.
    """
    jobs = [job for job in JOBS.values() if _has_all(connection, job, ids)]
    if len(jobs) == 1:
        return jobs[0]
    shown = ", ".join(repr(name) for name in ids[:3])
    if jobs:
        raise ConfigurationError(
            f"several jobs have decided {shown}: {', '.join(job.name for job in jobs)}; name one "
            "by --job"
        )
    ledgers = ", ".join(f"serving.{job.serving}" for job in JOBS.values())
    raise ConfigurationError(
        f"no job has a decision of {shown}; look ids up in {ledgers}, and name ids of one job"
    )


def subject_of(decision_id: str, job: Job) -> str:
    """Return the subject's id of a decision id such as `transactions/t1/0`, or of a plain id."""
    parts = decision_id.split("/")
    is_full = len(parts) > 2 and parts[0] == job.view.name and parts[-1].isdigit()
    return "/".join(parts[1:-1]) if is_full else decision_id


def _has_all(connection: psycopg.Connection[Any], job: Job, ids: Sequence[str]) -> bool:
    subjects = sorted({subject_of(decision_id, job) for decision_id in ids})
    (has_all,) = database.fetch_one(
        connection,
        f"look for ids in {job.ledger.table}",
        sql.SQL("select count(distinct {id}) = %s from {ledger} where {id} = any(%s)").format(
            id=job.subject_id, ledger=job.ledger_table
        ),
        (len(subjects), subjects),
    )
    return bool(has_all)
