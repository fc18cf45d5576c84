"""Wire the schedule of a nightly job that waits for the files of the day.

A merchant delivers the sales of a day after midnight. A job that starts at midnight would decide
the day without them. So these jobs start later, and their window is still the day in UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow.sdk import CronDataIntervalTimetable

from orchestration import run_request, steps

if TYPE_CHECKING:
    from scoring.runs.job import Job
    from scoring.runs.request import Request

DAY = timedelta(days=1)
FORM = run_request.form_of("day")
# one after the other, and all before the maintenance, which would decide the same windows
SEGMENTS_AFTER = timedelta(hours=1, minutes=15)
VALUES_AFTER = timedelta(hours=1, minutes=30)
SPENDING_AFTER = timedelta(hours=1, minutes=45)
DEMAND_AFTER = timedelta(hours=2)
STOCK_AFTER = timedelta(hours=2, minutes=15)


def schedule(after: timedelta) -> CronDataIntervalTimetable:
    """Return the schedule of a job that runs so long after midnight."""
    hours, minutes = divmod(after // timedelta(minutes=1), 60)
    return CronDataIntervalTimetable(f"{minutes} {hours} * * *", timezone="UTC")


def request(after: timedelta) -> Callable[[Mapping[str, Any]], Request]:
    """Return the function that makes the request of an Airflow run of such a job."""
    return partial(run_request.request, cadence=DAY, delay=after)


def prepare(job: Job) -> Callable[[Mapping[str, Any]], None]:
    """Return the function that ends a run as skipped without the feed or the model of its job."""

    def skip(_: Mapping[str, Any]) -> None:
        steps.skip_without(job.population.feed)
        steps.skip_without_model(job.name)

    return skip
