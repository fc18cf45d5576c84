"""Run the demo: set up the stack, train models, decide transactions, loans and customers.

Every step skips work that is already done, so a second call is safe and quick.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

from features.sources.descriptions import Sources
from features.sources.files import find
from features.sources.inclusion import files_of
from infra.local import challengers, programs, report, sample, stack
from infra.local.airflow_api import Airflow
from infra.local.airflow_runs import await_end, follow, refuse_failure, trigger_windows
from infra.local.console import console, step
from infra.local.deliver import deliver_due
from infra.local.environment import environment
from infra.local.own_data import Matched
from infra.local.sample import Sample
from infra.local.schedule import NIGHTLY, OF_NIGHTS, PRICES, TRAINING
from infra.local.spans import Window
from infra.local.state import CHECKOUT, DEFAULT_SOURCE, StackError, State
from infra.local.warehouse_facts import (
    connect,
    has_price_estimates,
    policy_in_force,
    published_windows,
)
from scoring.domains import JOBS

WINDOWS = 3
SKIPPED = "Skipping task. reason="


def demo(state: State, files: Matched | None, described: Sources, windows: int = WINDOWS) -> None:
    """Run the demo, or its remaining steps.

    Raises:
        StackError: a step failed, or a model could not be trained; the message gives the next step.
    """
    data = _prepare(state, files, described)
    stack.up(state)
    variables = environment(state)
    install(state, variables)
    approve_policy(state)
    airflow = Airflow(state)
    untrained = train(state, airflow, data)
    _score(state, airflow, data, windows)
    challengers.challenge(state, airflow, data)
    _go_on_by_schedule(state, airflow, data)
    report.show(state)
    missing = {job: why for job, why in untrained.items() if not is_optional(job)}
    for job, why in sorted(untrained.items() - missing.items()):
        console.print(f"{job} has no model and is left out: {why}", markup=False)
    if missing:
        raise StackError(not_trained(missing, state))


def is_optional(job: str) -> bool:
    """Tell whether a demo is complete without the model of a job."""
    training = JOBS[job].training
    return training is not None and training.is_optional


def _needs_model(job: str) -> bool:
    return JOBS[job].model is not None and not is_optional(job)


def _prepare(state: State, files: Matched | None, described: Sources) -> Sample:
    with step("Sample data") as note:
        data = sample.prepare(state, files, described)
        note(data.summary)
    for line in files.unknown if files else ():
        console.print(f"  no feed reads {line}", markup=False)
    if data.is_derived:
        console.print(f"  {data.border}", markup=False)
        if files and stack.runs(state):
            stack.down(state)  # its processes do not know this moment yet
    return data


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
    from scoring.simulation.activation import Approval, activate

    newest = policy.newest()
    if policy_in_force(state) == (newest.version, newest.sha256):
        return
    with step(f"Policy {newest.version}") as note, connect(state, "score") as connection:
        approval = Approval(
            version=newest.version,
            author="demo-author",
            approver="demo-approver",
            reason="the demo's policy",
        )
        # the policy of a newer checkout meets the decisions of an earlier demo
        activate(connection, approval, without_simulation="the demo's policy")
        note("approved by a second person; a run requires it")


def train(state: State, airflow: Airflow, data: Sample) -> dict[str, str]:
    """Load history, build features and train the first champions, if not done yet.

    Returns:
        by job without a model, the reason; the other jobs can go on.

    Raises:
        StackError: a step before the training failed, or no job has a model.
    """
    known = state.read("demo.json", {})
    if known.get("is_trained"):
        return dict(known.get("untrained", {}))
    form = data.training()
    shown = ", ".join(f"{name} {moment}" for name, moment in form.items())
    with step(f"History, features, training (Airflow: train_models, {shown})") as note:
        deliver_due(sample.outbox(state), state.objects, data.live_from, is_history=True)
        airflow.await_dag("train_models")
        interval = airflow.due_interval("train_models")
        run_id = airflow.trigger("train_models", form, interval=interval)
        airflow.set_paused("train_models", is_paused=False)
        run_state = await_end(airflow, "train_models", run_id, note)
        untrained = outcomes_of_training(airflow, run_id, data)
        if run_state == "failed" and not untrained:
            refuse_failure(airflow, "train_models", run_id)
        needed = {job for job in data.windows(datetime.now(UTC)) if _needs_model(job)}
        if needed and untrained.keys() >= needed:
            raise StackError(not_trained(untrained, state))
        note("; ".join(f"{job} has no model" for job in untrained) or "done")
    challengers.train_champion(state, data)
    state.write("demo.json", {"is_trained": True, "untrained": untrained})
    return untrained


def outcomes_of_training(airflow: Airflow, run_id: str, data: Sample) -> dict[str, str]:
    """Return by job of the data whose training task made no model the reason."""
    left_out = data.training().get("skip", ())
    named = [job for job in data.windows(datetime.now(UTC)) if job not in left_out]
    jobs = {f"{job}.train": job for job in named}
    untrained = {}
    for task in airflow.tasks("train_models", run_id):
        if task["task_id"] in jobs and task["state"] in {"failed", "skipped"}:
            log = airflow.log_tail("train_models", run_id, task)
            untrained[jobs[task["task_id"]]] = reason_of(log)
    return untrained


def reason_of(log: str) -> str:
    """Return the last line of a task's log that names an error or the reason of a skip."""
    for line in reversed(log.splitlines()):
        name, separator, text = line.partition("Error: ")
        if separator and name.isalpha():
            return text
        if SKIPPED in line:
            return line.partition(SKIPPED)[2]
    return "its log has no reason"


def not_trained(untrained: Mapping[str, str], state: State) -> str:
    """Return the message for jobs without a model: each reason, and the next step."""
    reasons = "; ".join(f"{job}: {reason}" for job, reason in untrained.items())
    return (
        f"no model could be trained ({reasons}). Next: give more labelled rows before "
        f"`decide_from`, by an earlier file or a later `decide_from`; then `make reset "
        f"SOURCE={state.source}` and `make demo` again. The stack keeps running: `make status`"
    )


def _score(state: State, airflow: Airflow, data: Sample, windows: int) -> None:
    now = datetime.now(UTC)
    deliver_due(sample.outbox(state), state.objects, now, is_history=False)
    start_feed(state)
    untrained = state.read("demo.json", {}).get("untrained", {})
    jobs = [job for job in data.windows(now) if job not in untrained]
    missing = {job: _missing(state, job, data.windows(now)[job]) for job in jobs}
    # a run that reads the decisions of another job comes after it
    afterwards = {job: missing.pop(job) for job in jobs if JOBS[job].follows}
    # other runs of nights need no decision of the others, so they go on beside them
    beside = {job: missing.pop(job) for job in [*missing] if job in OF_NIGHTS}
    begun = {job: _begin(airflow, job, found) for job, found in beside.items()}
    # transactions first: decisions on applications use the decisions on transactions
    for job, found in missing.items():
        _follow(state, airflow, job, _begin(airflow, job, found[:windows]))
        if left := len(found[windows:]):
            console.print(
                f"{left} more windows wait: the next `make demo` decides {windows} of them."
            )
    for job, runs in begun.items():
        _follow(state, airflow, job, runs)
    for job, found in afterwards.items():
        _follow(state, airflow, job, _begin(airflow, job, found))
    if _has_sales(data, now):
        _estimate_prices(state)


def _has_sales(data: Sample, now: datetime) -> bool:
    return any(JOBS[job].population.feed == "sales" for job in data.windows(now))


def _go_on_by_schedule(state: State, airflow: Airflow, data: Sample) -> None:
    """Turn the schedules on; the first maintenance decides the earlier nights of all jobs."""
    now = datetime.now(UTC)
    is_over = data.live_until <= now
    others = (TRAINING,) if is_over else NIGHTLY
    prices = [PRICES] if _has_sales(data, now) else []
    for dag_id in (*data.windows(now), *prices, *others):
        airflow.await_dag(dag_id)
        airflow.set_paused(dag_id, is_paused=is_over)
    if is_over:  # each hour since an old file would become an empty window
        console.print(
            f"The data ends before {data.live_until:%Y-%m-%d %H:%M} UTC, so all schedules are off: "
            f"deliver new files, then `make schedule SOURCE={state.source}`.",
            markup=False,
        )


def _estimate_prices(state: State) -> None:
    """Estimate the prices of the synthetic store; other data wait for the weekly run of the DAG."""
    if state.source != DEFAULT_SOURCE or has_price_estimates(state):
        return
    with step("Prices and promotions (vesper prices estimate)") as note:
        command = [sys.executable, "-m", "scoring", "prices", "estimate"]
        stack.run(state, "prices", command, environment(state))
        note("serving.price_elasticity, serving.promotion_uplift")


def _missing(state: State, job: str, windows: list[Window]) -> list[Window]:
    done = published_windows(state, job)
    return [window for window in windows if window not in done]


def _begin(airflow: Airflow, job: str, windows: list[Window]) -> list[tuple[Window, str]]:
    if not windows:
        console.print(f"{job}: every past window is decided; the schedule continues.")
    runs = trigger_windows(airflow, job, windows)
    airflow.set_paused(job, is_paused=False)
    return runs


def _follow(state: State, airflow: Airflow, job: str, runs: list[tuple[Window, str]]) -> None:
    for (start, end), run_id in runs:
        with step(f"{job} {start:%m-%d %H:%M} to {end:%m-%d %H:%M} UTC") as note:
            follow(airflow, job, run_id, note)
            if (start, end) not in published_windows(state, job):
                raise StackError(f"run {run_id} succeeded, but its window was not published")
