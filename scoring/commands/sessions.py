"""Open the warehouse, the store and the pipeline that a command works with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg

from features.platform import database
from features.platform.settings import Role, get_settings
from scoring.domains import job_named
from scoring.runs import record
from scoring.runs.job import Job
from scoring.runs.record import Run

if TYPE_CHECKING:
    from scoring.steps.pipeline import Pipeline


def connect(role: Role = "score", *, autocommit: bool = True) -> psycopg.Connection[Any]:
    """Open a session of the warehouse that the settings name."""
    return database.connect(get_settings().warehouse, role, autocommit=autocommit)


def pipeline(job: Job) -> Pipeline:
    """Return the steps of a job on the warehouse that the settings name."""
    # imports the registry's library, which takes seconds
    from scoring.steps.pipeline import Pipeline

    return Pipeline(job, get_settings())


def pipeline_of(run_id: UUID) -> tuple[Pipeline, Run]:
    """Return a run and the steps of its job.

    Raises:
        ContractError: there is no such run.
        ConfigurationError: the run has a job that is not of this version.
    """
    with connect() as connection:
        run = record.load(connection, run_id)
    return pipeline(job_named(run.job)), run
