"""Kill the task, its supervisor, the scheduler and Postgres of a real Airflow, by kill -9.

    python -m tests.faults.airflow_kills

Airflow may start the next attempt while the orphan of the last attempt still writes. Each case
holds the first attempt of `score` at a failpoint and kills one process. It then waits until the
retry has published the window and the orphan has woken. At the end it checks the ledger: the rows
of one epoch, each row once, and the orphan's refusal in the audit. One run loses the whole server
three times: during `score`, during a gate, and inside the transaction of `publish`. The stack of
this suite is in `.local/faults`.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from infra.local import processes, sample, stack
from infra.local.airflow_api import Airflow
from infra.local.airflow_runs import follow, trigger_windows
from infra.local.console import errors, step
from infra.local.deliver import deliver_due
from infra.local.demo import approve_policy, install, train
from infra.local.environment import environment
from infra.local.health import cluster
from infra.local.ports import free_port
from infra.local.state import CHECKOUT, DEFAULT_PORTS, DEFAULT_SOURCE, StackError, State, all_states
from tests.faults.airflow_outcomes import Outcome, Window, show, window_outcome
from tests.faults.leaks import leaks

HEARTBEAT_TIMEOUT_SECONDS = 30
ORPHAN_SLEEPS_SECONDS = 150  # longer than Airflow needs to notice the kill and to retry
PATIENCE_SECONDS = 420
SERVER_HOLD_SECONDS = 10  # longer than this suite needs to see the process and kill the server
DAG = "score_transactions"


@dataclass(frozen=True, slots=True)
class Victim:
    """A process to kill, and whether the task survives it as an orphan."""

    name: str
    pid_of: Callable[[State, int], int]
    leaves_orphan: bool
    airflow_may_end_it: bool = False  # the task's supervisor survives and may end the task


def _parent(_: State, task: int) -> int:
    return int(Path(f"/proc/{task}/stat").read_text().rpartition(")")[2].split()[1])


TASK = Victim("task", lambda _, task: task, leaves_orphan=False)
VICTIMS = (
    Victim(
        "scheduler",
        lambda state, _: processes.recorded(state)["scheduler"].pid,
        leaves_orphan=True,
        airflow_may_end_it=True,
    ),
    # the last victim: the wait for its orphan would make a held next window wake too early
    Victim("supervisor", _parent, leaves_orphan=True),
)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Files, each of which holds one process at its failpoint."""

    task: Path
    score: Path
    publish: Path


def main() -> int:
    """Run all kills and print their outcomes; return 0 if no kill lost or doubled a row."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        outcomes = kill_all()
    except StackError as error:
        errors.print(f"[red]airflow_kills:[/] {error}")
        return 1
    except KeyboardInterrupt:
        errors.print("[red]airflow_kills:[/] interrupted; `make down` ends the processes")
        return 1
    show(outcomes)
    return 0 if all(outcome.holds for outcome in outcomes) else 1


def kill_all() -> list[Outcome]:
    """Start a stack, kill its processes and its server, and return the outcome of each kill.

    Raises:
        StackError: the stack did not start, a run failed for good, or a secret is visible.
    """
    for other in all_states():
        _stop(other)
    state = new_stack(CHECKOUT / ".local" / "faults")
    state.prepare()
    # free ports suffice: only this suite calls the stack
    state.write("ports.json", {name: free_port() for name in DEFAULT_PORTS})
    tokens = Tokens(*(state.folder / f"hold-{name}" for name in ("task", "score", "publish")))
    state.write(
        "environment.json",
        {
            "SCORING_TEST": "true",
            "SCORING_FAILPOINT": (
                f"mid_copy:sleep:{ORPHAN_SLEEPS_SECONDS}?{tokens.task},"
                f"mid_predict:sleep:{SERVER_HOLD_SECONDS}?{tokens.score},"
                f"inside_publish:sleep:{SERVER_HOLD_SECONDS}?{tokens.publish}"
            ),
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": str(HEARTBEAT_TIMEOUT_SECONDS),
        },
    )
    with state.locked():
        try:
            outcomes = _kill_each(state, tokens)
            if places := leaks(state):
                raise StackError(f"secrets are visible to other users: {'; '.join(places)}")
            return outcomes
        finally:
            with step("Stopping the stack"):
                stack.down(state)


def new_stack(root: Path) -> State:
    """Return a new stack without state: decided windows of an earlier stack would hold no process.

    The check whether the earlier stack runs creates passwords in its `State`. The returned `State`
    is a new object, so that it and the new supervisor read the same passwords.
    """
    earlier = State(DEFAULT_SOURCE, root)
    _stop(earlier)
    shutil.rmtree(earlier.folder, ignore_errors=True)
    return State(DEFAULT_SOURCE, root)


def _stop(state: State) -> None:
    if stack.runs(state):
        with step(f"Stopping the stack of SOURCE={state.source}"):
            stack.down(state)


def _kill_each(state: State, tokens: Tokens) -> list[Outcome]:
    stack.up(state)
    install(state, environment(state))
    data = sample.prepare(state, None)
    approve_policy(state)
    airflow = Airflow(state)
    train(state, airflow, data)
    now = datetime.now(UTC)
    deliver_due(sample.outbox(state), state.objects, now, is_history=False)
    airflow.await_dag(DAG)
    # the runs are queued before the schedule may start: they replace its runs, in order
    runs = trigger_windows(airflow, DAG, data.hours(now)[: len(VICTIMS) + 2])
    tokens.task.touch()
    airflow.set_paused(DAG, is_paused=False)
    first, second, *others = ((run_id, window) for window, run_id in runs)
    of_task = _kill(state, airflow, TASK, first, tokens, (tokens.score, tokens.publish))
    of_server = _kill_server(state, airflow, second, tokens)
    return [
        of_task,
        of_server,
        *(
            _kill(state, airflow, victim, run, tokens, (tokens.task,))
            for victim, run in zip(VICTIMS, others, strict=True)
        ),
    ]


def _kill(
    state: State,
    airflow: Airflow,
    victim: Victim,
    run: tuple[str, Window],
    tokens: Tokens,
    following: Iterable[Path],
) -> Outcome:
    """Kill one process while `score` writes; then touch `following` to hold the next window."""
    run_id, window = run
    with step(f"kill -9 of the {victim.name} while `score` writes") as note:
        note("waiting for the first attempt of score")
        task = _await(lambda: _pid_of_attempt(tokens.task), f"no attempt at score of {run_id}")
        is_alive = processes.record(task).runs
        os.kill(victim.pid_of(state, task), signal.SIGKILL)
        killed = time.monotonic()
        follow(airflow, DAG, run_id, note)
        seconds = time.monotonic() - killed
        for token in following:
            token.touch()  # for the next window, whose run may have started
        if victim.leaves_orphan:
            note("waiting until the orphan wakes and is refused")
            _await(lambda: not is_alive() or None, "the orphan did not end")
        needs_refusal = victim.leaves_orphan and not victim.airflow_may_end_it
        outcome = window_outcome(state, victim.name, window, seconds, needs_refusal=needs_refusal)
        note(f"{outcome.rows} rows, {outcome.epochs} epochs, {outcome.fenced} refused")
    return outcome


def _kill_server(
    state: State, airflow: Airflow, run: tuple[str, Window], tokens: Tokens
) -> Outcome:
    """Kill all processes of Postgres at three moments of one run."""
    run_id, window = run

    def gate_runs() -> bool | None:
        tasks = {task["task_id"]: task["state"] for task in airflow.tasks(DAG, run_id)}
        return tasks.get("validate_decisions") in {"running", "success"} or None

    moments: dict[str, Callable[[], Any]] = {
        "score": lambda: _pid_of_attempt(tokens.score),
        "validate_decisions": gate_runs,
        "publish": lambda: _pid_of_attempt(tokens.publish),
    }
    with step("kill -9 of Postgres, in score, in a gate, in publish") as note:
        began = time.monotonic()
        for task, is_reached in moments.items():
            note(f"waiting for {task}")
            _await(is_reached, f"{task} of {run_id} was not reached")
            if (server := cluster(state).pid()) is None:
                raise StackError(f"Postgres does not run while {task} of {run_id} does")
            for pid in processes.descendants(server):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        follow(airflow, DAG, run_id, note)
        tokens.task.touch()  # for the next window
        seconds = time.monotonic() - began
        killed = "server, three times"
        outcome = window_outcome(state, killed, window, seconds, needs_refusal=False)
        note(f"{outcome.rows} rows, {outcome.epochs} epochs")
    return outcome


def _pid_of_attempt(token: Path) -> int | None:
    pid_file = token.with_suffix(".pid")
    if token.exists() or not pid_file.exists() or not (text := pid_file.read_text()):
        return None
    pid_file.unlink()
    return int(text)


def _await(probe: Callable[[], Any], failure: str) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (value := probe()) is None:
        if time.monotonic() > deadline:
            raise StackError(f"{failure} after {PATIENCE_SECONDS} s")
        time.sleep(0.5)
    return value


if __name__ == "__main__":
    sys.exit(main())
