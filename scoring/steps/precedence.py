"""Hold a window back until the job that it follows has published the same window.

A plan of stock reads the forecasts of its night. A plan that was claimed before them would have no
forecast for good, because a window is decided once.
"""

from __future__ import annotations

from typing import Any

import psycopg
import structlog

from features.platform import database
from features.platform.errors import ScoringError
from features.platform.settings import Settings
from features.sources.source_set import source_set
from scoring.domains import job_named
from scoring.models import registry
from scoring.runs.gaps import ORIGIN
from scoring.runs.job import Job
from scoring.runs.request import NO_WINDOW, Request

log = structlog.get_logger(__name__)

_MISSING = """
    select min(windows.starts_at)
    from generate_series(
        date_bin(%(cadence)s, %(start)s, %(origin)s), %(end)s - interval '1 microsecond',
        %(cadence)s
    ) as windows (starts_at)
    where not exists (
        select 1 from decisions.runs
        where
            runs.job = %(job)s
            and runs.state = 'published'
            and runs.kind <> all(%(no_window)s)
            and runs.window_start <= windows.starts_at
            and runs.window_end >= windows.starts_at + %(cadence)s
    )
"""


class NotPublishedError(ScoringError):
    """The job that a window follows has not published it yet; the claim works at a retry."""


def require(
    connection: psycopg.Connection[Any], job: Job, request: Request, settings: Settings
) -> None:
    """Refuse a window that the followed job has not published, if that job can decide it.

    It cannot where no source delivers its feed, or where its optional model has never been trained.

    Raises:
        NotPublishedError: names the job and its first window without a published run.
        ModelUnavailableError: the registry does not answer.
    """
    if job.follows is None or request.kind in NO_WINDOW:
        return
    followed = job_named(job.follows)
    if not source_set(settings).of_feed(followed.population.feed):
        return
    if _first_missing(connection, job, request) is None:
        return  # decided already
    missing = _first_missing(connection, followed, request)
    if missing is None:
        return
    if _waits_for_training(followed, settings):
        log.warning("followed_without_model", job=job.name, follows=followed.name)
        return
    raise NotPublishedError(
        f"{job.name} reads what {followed.name} publishes, and {followed.name} has no published "
        f"run of the window from {missing.isoformat()} on; nothing was claimed. The task is tried "
        f"again; if it keeps failing, run {followed.name} for this window"
    )


def _first_missing(connection: psycopg.Connection[Any], job: Job, request: Request) -> Any:  # noqa: ANN401 - a moment or None
    (missing,) = database.fetch_one(
        connection,
        f"look for the published windows of {job.name}",
        _MISSING,
        {
            "job": job.name,
            "cadence": job.cadence,
            "origin": ORIGIN,
            "start": request.window_start,
            "end": request.window_end,
            "no_window": list(NO_WINDOW),
        },
    )
    return missing


def _waits_for_training(job: Job, settings: Settings) -> bool:
    """Return whether a job waits for its first model, as its DAG does."""
    if job.training is None or not job.training.is_optional:
        return False
    return registry.CHAMPION not in registry.aliases_of(job.slot.name, settings)
