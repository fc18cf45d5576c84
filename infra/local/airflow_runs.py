"""Trigger runs of Airflow and follow them to their end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import NoReturn

from infra.local.airflow_api import FINISHED, Airflow
from infra.local.console import console
from infra.local.spans import Window
from infra.local.state import StackError

RUN_PATIENCE = timedelta(minutes=20)


def trigger_windows(
    airflow: Airflow, job: str, windows: Iterable[Window]
) -> list[tuple[Window, str]]:
    """Trigger one run per window before the schedule may start; the runs go in order."""
    airflow.await_dag(job)
    delay = airflow.delay(job)
    runs = []
    for start, end in windows:
        conf = {"start": start.isoformat(), "end": end.isoformat()}
        interval = (start + delay, end + delay)
        run_id = airflow.trigger(job, conf, interval=interval, run_after=end)
        runs.append(((start, end), run_id))
    return runs


def follow(airflow: Airflow, dag_id: str, run_id: str, note: Callable[[str], None]) -> None:
    """Show the tasks of a run until it ends.

    Raises:
        StackError: the run failed or takes too long; the log tail of a failed task is printed.
    """
    if await_end(airflow, dag_id, run_id, note) == "failed":
        refuse_failure(airflow, dag_id, run_id)
    tasks = airflow.tasks(dag_id, run_id)
    if not tasks:  # Airflow marks a run before the DAG's start as success without any task
        raise StackError(f"run {run_id} of {dag_id} succeeded without running a task")
    skipped = sum(task["state"] == "skipped" for task in tasks)
    skipped_note = f", {skipped} had nothing to do" if skipped else ""
    note(f"{len(tasks) - skipped} tasks succeeded{skipped_note}")


def await_end(airflow: Airflow, dag_id: str, run_id: str, note: Callable[[str], None]) -> str:
    """Show the tasks of a run until it ends; return its state.

    Raises:
        StackError: the run takes too long.
    """
    deadline = time.monotonic() + RUN_PATIENCE.total_seconds()
    while (run_state := airflow.run_state(dag_id, run_id)) not in FINISHED:
        tasks = airflow.tasks(dag_id, run_id)
        done = sum(task["state"] == "success" for task in tasks)
        busy = [
            f"{task['task_id']} ({task['state']})"
            for task in tasks
            if task["state"] not in {None, "success", "scheduled"}
        ]
        note(f"{done} of {len(tasks)} tasks; {', '.join(busy) or run_state}")
        if time.monotonic() > deadline:
            raise StackError(f"run {run_id} of {dag_id} is {run_state} after {RUN_PATIENCE}")
        time.sleep(1)
    return run_state


def refuse_failure(airflow: Airflow, dag_id: str, run_id: str) -> NoReturn:
    """Print the end of the log of each failed task, and raise StackError."""
    for task in airflow.tasks(dag_id, run_id):
        if task["state"] == "failed":
            console.print(f"[red]task {task['task_id']} failed[/]; the end of its log:")
            for line in airflow.log_tail(dag_id, run_id, task).splitlines():
                console.print(f"  {line}", style="dim", markup=False)
    raise StackError(f"run {run_id} of {dag_id} failed: the cause is above")
