"""### maintain_warehouse

Heals the traces of a crash, a pause or a mistake, every night.

Fails runs that are stuck, writes manifests that published runs lack, drops tables that ended runs
left, and lets the DAG of each job decide its undecided windows. One run decides a stretch of
windows that follow each other, empty ones included. Stretches with waiting rows come first, windows
that failed before come last, and the form limits the number of runs. Stock is planned after the
demand is forecast.

**Reads** `raw`, `decisions.runs` and the names under `published/`.
**Writes** `decisions.runs` and `audit.events` (stuck runs), `published/` (manifests); drops tables
in `scored`. The page of a job's DAG lists the writes of a run.

Safe to run again: a second run finds nothing to heal. `vesper windows` lists the same
windows. While the DAG of a job is paused, its windows stay undecided, and the task says so.
"""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import (
    CronDataIntervalTimetable,
    TaskGroup,
    chain,
    dag,
    get_current_context,
    task,
)

from orchestration import maintenance, steps
from orchestration.defaults import DAG_DEFAULTS
from orchestration.tags import PLATFORM, Cadence
from scoring.domains import JOBS


@dag(
    # half past: the hour's own run is over by then
    schedule=CronDataIntervalTimetable("30 2 * * *", timezone="UTC"),
    params=maintenance.FORM,
    doc_md=__doc__,
    tags=[PLATFORM, Cadence.NIGHTLY],
    # a task that waits for the runs of a job holds a slot of the executor, and those runs need
    # slots of their own: with one waiting task per job nothing would go on any more
    max_active_tasks=2,
    **DAG_DEFAULTS,
)
def maintain_warehouse() -> None:
    """Wire the repairs of `orchestration.maintenance`, and the undecided windows of each job."""

    @task
    def fail_stuck_runs() -> list[steps.Receipt]:
        return maintenance.fail_stuck_runs()

    @task
    def write_manifests() -> steps.Receipt:
        return maintenance.write_manifests()

    @task
    def drop_leftovers() -> steps.Receipt:
        return maintenance.drop_leftovers(get_current_context())

    @task
    def find_windows(job: str) -> list[steps.Receipt]:
        return maintenance.find_windows(job, get_current_context())

    failed = fail_stuck_runs()
    decided: dict[str, Any] = {}
    for job in JOBS.values():
        with TaskGroup(job.name):
            # a job that reads another one goes on after it, whatever became of it
            find = find_windows.override(trigger_rule="all_done") if job.follows else find_windows
            windows = find(job.name)
            decided[job.name] = _decide(job.name, windows)
            chain(failed, windows, decided[job.name])
        if job.follows:
            chain(decided[job.follows], windows)
    chain(failed, drop_leftovers())
    write_manifests()


def _decide(job: str, windows: Any) -> Any:  # noqa: ANN401 - the output of a task, to be mapped
    """Run a job's DAG once for each stretch of its undecided windows, one after the other."""
    return TriggerDagRunOperator.partial(
        task_id="decide_windows",
        trigger_dag_id=job,
        # never a date of the schedule: a run that takes one leaves that window without its run
        logical_date=None,
        wait_for_completion=True,
        poke_interval=5,
        deferrable=False,  # a task that sleeps in the triggerer counts for no limit
        fail_when_dag_is_paused=True,
        max_active_tis_per_dagrun=1,
        map_index_template="{{ task.conf['start'] }}",
        retries=1,
    ).expand(conf=windows)


maintain_warehouse()
