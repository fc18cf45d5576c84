"""Run the demo: set up the stack, train models, decide card transactions and loan applications.

Every step skips work that is already done, so a second call is safe and quick.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from features.sources.descriptions import Sources
from features.sources.files import find
from features.sources.inclusion import files_of
from infra.local import programs, report, sample, stack
from infra.local.airflow_api import FINISHED, Airflow
from infra.local.console import console, step
from infra.local.deliver import deliver_due
from infra.local.environment import environment
from infra.local.sample import Sample, Window
from infra.local.state import CHECKOUT, StackError, State
from infra.local.warehouse_facts import connect, policy_in_force, published_windows

WINDOWS = 3
RUN_PATIENCE = timedelta(minutes=20)


def demo(state: State, file: Path | None, described: Sources, windows: int = WINDOWS) -> None:
    """Run the demo, or its remaining steps.

    Raises:
        StackError: a step failed; the message gives the next step.
    """
    stack.up(state)
    variables = environment(state)
    install(state, variables)
    with step("Sample data") as note:
        data = sample.prepare(state, file, described)
        note(data.summary)
    approve_policy(state)
    airflow = Airflow(state)
    train(state, airflow, data)
    _score(state, airflow, data, windows)
    report.show(state)


def install(state: State, variables: dict[str, str]) -> None:
    """Build the warehouse's models if this checkout differs from the last build.

    Raises:
        StackError: dbt failed; the tail of its log has been printed.
    """
    installed = {"models": fingerprint(state)}
    if state.read("installed.json", {}) == installed:
        return
    with step("Warehouse: places, feature tables, views"):
        stack.run(state, "install", [sys.executable, "-m", "infra.local.install"], variables)
    state.write("installed.json", installed)


def fingerprint(state: State) -> str:
    """Return a hash of all inputs of the warehouse's models."""
    digest = hashlib.sha256()
    for path in files_of(find(state.source, state.sources_dir()), state.sources_dir()):
        digest.update(path.read_bytes())
    files = [path for path in (CHECKOUT / "dbt").rglob("*.*") if "target" not in path.parts]
    for path in sorted([CHECKOUT / "requirements.txt", *files]):
        digest.update(f"{path.relative_to(CHECKOUT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def start_feed(state: State) -> None:
    """Start the process that delivers the file of each hour at the end of the hour."""
    command = [
        *(sys.executable, "-m", "infra.local.deliver"),
        *(str(sample.outbox(state)), str(state.objects)),
    ]
    programs.request(state, "feed", command)


def approve_policy(state: State) -> None:
    """Activate the newest policy with the approval of a second person."""
    from scoring.decision.policy import policy
    from scoring.decision.policy.activations import activate

    newest = policy.newest()
    if policy_in_force(state) == (newest.version, newest.sha256):
        return
    with step(f"Policy {newest.version}") as note, connect(state, "score") as connection:
        activate(
            connection,
            newest.version,
            author="demo-author",
            approver="demo-approver",
            reason="the demo's policy",
        )
        note("approved by a second person; a run requires it")


def train(state: State, airflow: Airflow, data: Sample) -> None:
    """Load history, build features and train the first champions, if not done yet."""
    if state.read("demo.json", {}).get("is_trained"):
        return
    with step("History, features, training (Airflow: train_models)") as note:
        deliver_due(sample.outbox(state), state.objects, data.live_from, is_history=True)
        airflow.await_dag("train_models")
        run_id = airflow.trigger(
            "train_models",
            {} if data.learns_from_later else {"as_of": data.live_from.isoformat()},
            interval=airflow.next_interval("train_models"),
        )
        airflow.set_paused("train_models", is_paused=False)
        follow(airflow, "train_models", run_id, note)
    state.write("demo.json", {"is_trained": True})


def _score(state: State, airflow: Airflow, data: Sample, windows: int) -> None:
    now = datetime.now(UTC)
    deliver_due(sample.outbox(state), state.objects, now, is_history=False)
    start_feed(state)
    # transactions first: decisions on applications use the decisions on transactions
    for job, past_windows in data.windows(now).items():
        done = published_windows(state, job)
        missing = [window for window in past_windows if window not in done]
        _decide(state, airflow, job, missing[:windows])
        if left := len(missing[windows:]):
            console.print(
                f"{left} more windows wait: the next `make demo` decides {windows} of them."
            )
    if data.live_until > now:  # after an old file, years of windows without data would wait
        for nightly in ("maintain_warehouse", "monitor_decisions"):
            airflow.await_dag(nightly)
            airflow.set_paused(nightly, is_paused=False)


def _decide(state: State, airflow: Airflow, job: str, windows: list[Window]) -> None:
    if not windows:
        console.print(f"{job}: every past window is decided; the schedule continues.")
    runs = trigger_windows(airflow, job, windows)
    airflow.set_paused(job, is_paused=False)
    for (start, end), run_id in runs:
        with step(f"{job} {start:%m-%d %H:%M} to {end:%m-%d %H:%M} UTC") as note:
            follow(airflow, job, run_id, note)
            if (start, end) not in published_windows(state, job):
                raise StackError(f"run {run_id} succeeded, but its window was not published")


def trigger_windows(
    airflow: Airflow, job: str, windows: Iterable[Window]
) -> list[tuple[Window, str]]:
    """Trigger one run per window before the schedule may start; the runs go in order."""
    airflow.await_dag(job)
    runs = []
    for start, end in windows:
        conf = {"start": start.isoformat(), "end": end.isoformat()}
        run_id = airflow.trigger(job, conf, interval=(start, end), run_after=end)
        runs.append(((start, end), run_id))
    return runs


def follow(airflow: Airflow, dag_id: str, run_id: str, note: Callable[[str], None]) -> None:
    """Show the tasks of a run until it ends.

    Raises:
        StackError: the run failed or takes too long; the log tail of a failed task is printed.
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
    tasks = airflow.tasks(dag_id, run_id)
    if run_state == "failed":
        _explain(airflow, dag_id, run_id)
        raise StackError(f"run {run_id} of {dag_id} failed: the cause is above")
    if not tasks:  # Airflow marks a run before the DAG's start as success without any task
        raise StackError(f"run {run_id} of {dag_id} succeeded without running a task")
    skipped = sum(task["state"] == "skipped" for task in tasks)
    skipped_note = f", {skipped} had nothing to do" if skipped else ""
    note(f"{len(tasks) - skipped} tasks succeeded{skipped_note}")


def _explain(airflow: Airflow, dag_id: str, run_id: str) -> None:
    for task in airflow.tasks(dag_id, run_id):
        if task["state"] == "failed":
            console.print(f"[red]task {task['task_id']} failed[/]; the end of its log:")
            for line in airflow.log_tail(dag_id, run_id, task).splitlines():
                console.print(f"  {line}", style="dim", markup=False)
