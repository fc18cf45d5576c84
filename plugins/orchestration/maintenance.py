"""The functions behind the tasks of the nightly maintenance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Param

from orchestration import fields, steps
from orchestration.run_window import plain

if TYPE_CHECKING:
    import psycopg

    from orchestration.steps import Receipt

RUNS_PER_NIGHT = 24
MOST_RUNS = 744
SCRATCH_KEPT = timedelta(days=1)  # longer than any build takes

FORM = {
    "runs": Param(
        RUNS_PER_NIGHT,
        type="integer",
        minimum=0,
        maximum=MOST_RUNS,
        title="Runs",
        description="How many runs to start at most for each job; a run decides one window or a "
        "stretch of windows. The rest waits for the next night.",
    )
}


def fail_stuck_runs() -> list[Receipt]:
    """Fail the open run of each job whose lease has not moved; its window can be run again."""
    from scoring.domains import JOBS
    from scoring.runs import lifecycle

    with _warehouse() as connection:
        runs = [lifecycle.fail_stuck(connection, job) for job in JOBS.values()]
    return [run.receipt() | {"state": "failed"} for run in runs if run is not None]


def write_manifests() -> Receipt:
    """Write the manifests that published runs lack."""
    from features.platform.settings import get_settings
    from features.platform.storage import object_store
    from scoring.domains import JOBS
    from scoring.steps import maintain

    store = object_store(get_settings())
    with _warehouse() as connection:
        return {
            name: maintain.write_manifests(connection, job, store) for name, job in JOBS.items()
        }


def drop_leftovers(context: Mapping[str, Any]) -> Receipt:
    """Drop the leftovers of ended runs and killed builds: tables in `scored`, folders of dbt."""
    from features.build import sweep
    from features.platform.settings import get_settings
    from scoring.steps import maintain

    before = plain(context["dag_run"].run_after) - SCRATCH_KEPT
    folders = sweep(get_settings().work, before)
    with _warehouse() as connection:
        return {"runs": len(maintain.drop_leftovers(connection)), "folders": folders}


def find_windows(job: str, context: Mapping[str, Any]) -> list[Receipt]:
    """Return the form of the job's DAG for each window, or stretch of windows, to decide.

    Without windows to decide nothing is mapped. A job that waits for its first model is skipped.
    """
    from scoring.domains import job_named
    from scoring.steps import maintain

    limit = fields.whole("runs", context["params"]["runs"], 0, MOST_RUNS)
    now = plain(context["dag_run"].run_after)
    steps.skip_without_model(job)
    with _warehouse() as connection:
        gaps = maintain.windows_to_decide(connection, job_named(job), now, limit)
    return [{"start": gap.start.isoformat(), "end": gap.end.isoformat()} for gap in gaps]


@contextmanager
def _warehouse() -> Iterator[psycopg.Connection[Any]]:
    from features.platform import database
    from features.platform.settings import get_settings

    with database.connect(get_settings().warehouse, "score") as connection:
        yield connection
