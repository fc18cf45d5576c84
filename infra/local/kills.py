"""Kills in a real Airflow, each by kill -9: the task, its supervisor, the scheduler, and Postgres.

Airflow may start the next attempt while the orphan of the last one lives and writes. Each case
holds the first attempt of `score` at a failpoint, kills one process, waits for the retry to publish
the window, lets the orphan wake, and then asks the ledger: one epoch's rows, each row once, and the
orphan's refusal in the audit. The whole server is killed three times within one run: while `score`
works, while a gate looks, and inside the transaction of `publish`. The stack is one of its own, in
`.local/faults`.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra.local import processes, sample, stack
from infra.local.airflow_api import Airflow
from infra.local.console import step
from infra.local.deliver import deliver_due
from infra.local.demo import approve_policy, ask, follow, install, train
from infra.local.environment import environment
from infra.local.health import cluster
from infra.local.leaks import leaks
from infra.local.outcomes import Outcome, Window, ask_the_ledger
from infra.local.ports import free_port
from infra.local.state import CHECKOUT, DEFAULT_PORTS, DEFAULT_SOURCE, StackError, State, all_states

HEARTBEAT_TIMEOUT_SECONDS = 30
ORPHAN_SLEEPS_SECONDS = 150  # longer than it takes Airflow to notice and to try again
PATIENCE_SECONDS = 420
SERVER_HOLD_SECONDS = 10  # longer than it takes to see the process and to kill the server
DAG = "score_transactions"


@dataclass(frozen=True, slots=True)
class Victim:
    """Which process is killed, and whether the task lives on as an orphan."""

    name: str
    pid_of: Callable[[State, int], int]
    leaves_orphan: bool
    airflow_may_end_it: bool = False  # its supervisor lives, and asks whether it should


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
    # last, because its orphan is waited for: a next window would be held meanwhile, and wake early
    Victim("supervisor", _parent, leaves_orphan=True),
)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Files, each of which holds one process where its failpoint stands."""

    task: Path
    score: Path
    publish: Path


def rehearse() -> list[Outcome]:
    """Bring a stack up, kill its processes and its server, and return what came of each.

    Raises:
        StackError: the stack did not come up, a run failed for good, or a secret is to be seen.
    """
    for other in all_states():
        _stop(other)
    state = anew(CHECKOUT / ".local" / "faults")
    state.prepare()
    # a rehearsal needs no port that somebody knows
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
            outcomes = _rehearse(state, tokens)
            if shown := leaks(state):
                raise StackError(f"secrets stand where others read them: {'; '.join(shown)}")
            return outcomes
        finally:
            with step("Stopping the stack"):
                stack.down(state)


def anew(root: Path) -> State:
    """Return a stack without a past: windows that an earlier rehearsal decided would hold nobody.

    To ask whether the earlier one runs makes its passwords, so it is not the one that is returned:
    its supervisor would read other ones.
    """
    earlier = State(DEFAULT_SOURCE, root)
    _stop(earlier)
    shutil.rmtree(earlier.folder, ignore_errors=True)
    return State(DEFAULT_SOURCE, root)


def _stop(state: State) -> None:
    if stack.runs(state):
        with step(f"Stopping the stack of SOURCE={state.source}"):
            stack.down(state)


def _rehearse(state: State, tokens: Tokens) -> list[Outcome]:
    stack.up(state)
    install(state, environment(state))
    made = sample.prepare(state, None)
    approve_policy(state)
    airflow = Airflow(state)
    train(state, airflow, made)
    now = datetime.now(UTC)
    deliver_due(sample.outbox(state), state.objects, now, is_history=False)
    airflow.await_dag(DAG)
    # all asked for before the schedule may start: they take its place and go one after another
    asked = ask(airflow, DAG, made.hours(now)[: len(VICTIMS) + 2])
    tokens.task.touch()
    airflow.set_paused(DAG, is_paused=False)
    killed, with_server, *others = ((run_id, window) for window, run_id in asked)
    of_task = _kill(state, airflow, TASK, killed, tokens, (tokens.score, tokens.publish))
    of_server = _kill_server(state, airflow, with_server, tokens)
    return [
        of_task,
        of_server,
        *(
            _kill(state, airflow, victim, asked, tokens, (tokens.task,))
            for victim, asked in zip(VICTIMS, others, strict=True)
        ),
    ]


def _kill(
    state: State,
    airflow: Airflow,
    victim: Victim,
    asked: tuple[str, Window],
    tokens: Tokens,
    following: Iterable[Path],
) -> Outcome:
    """Kill one process while `score` writes; `following` holds the next window, which may start."""
    run_id, window = asked
    with step(f"kill -9 of the {victim.name} while `score` writes") as note:
        note("waiting for the first attempt of score")
        task = _await(lambda: _pid_of_attempt(tokens.task), f"no attempt at score of {run_id}")
        is_alive = processes.record(task).runs
        os.kill(victim.pid_of(state, task), signal.SIGKILL)
        killed = time.monotonic()
        follow(airflow, DAG, run_id, note)
        seconds = time.monotonic() - killed
        for token in following:
            token.touch()  # for the next window, whose run has started by now
        if victim.leaves_orphan:
            note("waiting for the orphan to wake and be refused")
            _await(lambda: not is_alive() or None, "the orphan did not end")
        wants_refusal = victim.leaves_orphan and not victim.airflow_may_end_it
        outcome = ask_the_ledger(state, victim.name, window, seconds, wants_refusal=wants_refusal)
        note(f"{outcome.rows} rows, {outcome.epochs} epochs, {outcome.fenced} refused")
    return outcome


def _kill_server(
    state: State, airflow: Airflow, asked: tuple[str, Window], tokens: Tokens
) -> Outcome:
    """Kill Postgres, all of it, at three moments of one run."""
    run_id, window = asked

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
        outcome = ask_the_ledger(state, killed, window, seconds, wants_refusal=False)
        note(f"{outcome.rows} rows, {outcome.epochs} epochs")
    return outcome


def _pid_of_attempt(token: Path) -> int | None:
    named = token.with_suffix(".pid")
    if token.exists() or not named.exists() or not (text := named.read_text()):
        return None
    named.unlink()
    return int(text)


def _await(ask: Callable[[], Any], failure: str) -> Any:  # noqa: ANN401 - what was asked for
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (answer := ask()) is None:
        if time.monotonic() > deadline:
            raise StackError(f"{failure} after {PATIENCE_SECONDS} s")
        time.sleep(0.5)
    return answer
