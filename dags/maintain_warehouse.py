"""### maintain_warehouse

Heals what a crash, a pause or a slip left behind, every night.

Fails runs that are stuck, writes manifests that published runs lack, drops tables that ended runs
left, and has `score_transactions` and `score_applications` decide the windows that nobody decided:
one at a time, those with waiting rows first, those that failed before last, at most as many as the
form says.

**Reads** `raw`, `decisions.runs` and the names under `published/`.
**Writes** `decisions.runs` and `audit.events` (stuck runs), `published/` (manifests); drops tables
in `scored`. What the run of a window writes is said at the DAG that decides it.

Safe to run again: what is healed is found healed. `python -m scoring windows` lists the same
windows. While the DAG that decides is paused no window is decided, and the task says so.
"""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import CronDataIntervalTimetable, chain, dag, get_current_context, task

from orchestration import maintenance, steps
from orchestration.defaults import DAG_DEFAULTS
from orchestration.tags import Cadence, Domain


@dag(
    # half past: the hour's own run is over by then
    schedule=CronDataIntervalTimetable("30 2 * * *", timezone="UTC"),
    params=maintenance.FORM,
    doc_md=__doc__,
    tags=[Domain.PLATFORM, Cadence.NIGHTLY],
    **DAG_DEFAULTS,
)
def maintain_warehouse() -> None:
    """Wire the repairs; what they do stands in `orchestration.maintenance`."""

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
    def find_windows() -> list[steps.Receipt]:
        return maintenance.find_windows("score_transactions", get_current_context())

    @task
    def find_application_windows() -> list[steps.Receipt]:
        return maintenance.find_windows("score_applications", get_current_context())

    gaps, application_gaps = find_windows(), find_application_windows()
    decide_windows = _decide("decide_windows", "score_transactions", gaps)
    decide_application_windows = _decide(
        "decide_application_windows", "score_applications", application_gaps
    )

    chain(fail_stuck_runs(), [gaps, application_gaps, drop_leftovers()])
    chain(gaps, decide_windows)
    chain(application_gaps, decide_application_windows)
    write_manifests()


def _decide(task_id: str, job: str, gaps: Any) -> Any:  # noqa: ANN401 - what Airflow maps over
    """Run a job's DAG once for each of its gaps, one after the other."""
    return TriggerDagRunOperator.partial(
        task_id=task_id,
        trigger_dag_id=job,
        # never a date of the schedule's: whoever takes one leaves that window without its run
        logical_date=None,
        wait_for_completion=True,
        poke_interval=5,
        deferrable=False,  # a task that sleeps in the triggerer counts for no limit
        fail_when_dag_is_paused=True,
        max_active_tis_per_dagrun=1,
        map_index_template="{{ task.conf['start'] }}",
        retries=1,
    ).expand(conf=gaps)


maintain_warehouse()
