"""Three kills in a real Airflow: the task, its supervisor, the scheduler, each by kill -9.

Airflow may start the next attempt while the orphan of the last one lives and writes. Each case
holds the first attempt of `score` at a failpoint, kills one process, waits for the retry to publish
the window, lets the orphan wake, and then asks the ledger: one epoch's rows, each row once, and the
orphan's refusal in the audit. The stack is one of its own, in `.local/faults`.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra.local import processes, sample, stack
from infra.local.airflow_api import Airflow
from infra.local.console import step, table
from infra.local.deliver import deliver_due
from infra.local.demo import approve_policy, ask, follow, install, train
from infra.local.environment import environment
from infra.local.ports import free_port
from infra.local.state import CHECKOUT, DEFAULT_PORTS, DEFAULT_SOURCE, StackError, State, all_states
from infra.local.warehouse_facts import connect

HEARTBEAT_TIMEOUT_SECONDS = 30
ORPHAN_SLEEPS_SECONDS = 150  # longer than it takes Airflow to notice and to try again
PATIENCE_SECONDS = 240
DAG = "score_transactions"
Window = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Victim:
    """Which process is killed, and whether the task lives on as an orphan."""

    name: str
    pid_of: Callable[[State, int], int]
    leaves_orphan: bool
    airflow_may_end_it: bool = False  # its supervisor lives, and asks whether it should


def _parent(_: State, task: int) -> int:
    return int(Path(f"/proc/{task}/stat").read_text().rpartition(")")[2].split()[1])


VICTIMS = (
    Victim("task", lambda _, task: task, leaves_orphan=False),
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
class Outcome:
    """What one kill led to."""

    victim: str
    rows: int
    rows_lost: int
    rows_doubled: int
    epochs: int
    fenced: int
    seconds: float
    holds: bool


def rehearse() -> list[Outcome]:
    """Bring a stack up, kill three processes, and return what came of each.

    Raises:
        StackError: the stack did not come up, or a run failed for good.
    """
    for other in all_states():
        _stop(other)
    state = anew(CHECKOUT / ".local" / "faults")
    state.prepare()
    # a rehearsal needs no port that somebody knows
    state.write("ports.json", {name: free_port() for name in DEFAULT_PORTS})
    token = state.folder / "hold"
    state.write(
        "environment.json",
        {
            "SCORING_TEST": "true",
            "SCORING_FAILPOINT": f"mid_copy:sleep:{ORPHAN_SLEEPS_SECONDS}?{token}",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": str(HEARTBEAT_TIMEOUT_SECONDS),
        },
    )
    with state.locked():
        try:
            return _rehearse(state, token)
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


def _rehearse(state: State, token: Path) -> list[Outcome]:
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
    asked = ask(airflow, DAG, made.hours(now)[: len(VICTIMS)])
    token.touch()
    airflow.set_paused(DAG, is_paused=False)
    return [
        _kill(state, airflow, victim, (run_id, window), token)
        for victim, (window, run_id) in zip(VICTIMS, asked, strict=True)
    ]


def _kill(
    state: State, airflow: Airflow, victim: Victim, asked: tuple[str, Window], token: Path
) -> Outcome:
    run_id, window = asked
    with step(f"kill -9 of the {victim.name} while `score` writes") as note:
        note("waiting for the first attempt of score")
        task = _await(lambda: _pid_of_attempt(token), f"no attempt at score of {run_id}")
        is_alive = processes.record(task).runs
        os.kill(victim.pid_of(state, task), signal.SIGKILL)
        killed = time.monotonic()
        follow(airflow, DAG, run_id, note)
        seconds = time.monotonic() - killed
        token.touch()  # for the next window, whose run has started by now
        if victim.leaves_orphan:
            note("waiting for the orphan to wake and be refused")
            _await(lambda: not is_alive() or None, "the orphan did not end")
        outcome = _ask_the_ledger(state, victim, window, seconds)
        note(f"{outcome.rows} rows, {outcome.epochs} epochs, {outcome.fenced} refused")
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


def _ask_the_ledger(state: State, victim: Victim, window: Window, seconds: float) -> Outcome:
    with connect(state, "score") as connection:
        row = connection.execute(
            """
            with windows as (
                select run_id, rows_claimed from decisions.runs
                where window_start = %(start)s and window_end = %(end)s and state = 'published'
            )
            select
                (select count(*) from windows),
                coalesce((select sum(rows_claimed) from windows), 0),
                (select count(*) from decisions.transaction_decisions as ledger
                 where ledger.run_id in (select run_id from windows)),
                (select count(*) from raw.transaction_versions as versions
                 where not is_history and version = 1
                 and occurred_at >= %(start)s and occurred_at < %(end)s
                 and known_at <= (select max(known_at_cutoff) from decisions.runs
                                  where run_id in (select run_id from windows))
                 and not exists (select from decisions.transaction_decisions as ledger
                                 where ledger.transaction_id = versions.transaction_id)),
                (select count(*) - count(distinct (transaction_id, revision))
                 from decisions.transaction_decisions),
                (select coalesce(max(epoch), 0) from decisions.leases
                 where step = 'score' and run_id in (select run_id from windows)),
                (select count(*) from audit.events where event = 'attempt_fenced'
                 and subject in (select run_id::text from windows))
            """,
            {"start": window[0], "end": window[1]},
        ).fetchone()
    published, claimed, written, lost, doubled, epochs, fenced = row or (0,) * 7
    doubled += max(written - claimed, 0)
    lost += max(claimed - written, 0)
    holds = (
        published == 1
        and lost == doubled == 0
        and epochs >= 2
        and (fenced > 0 or victim.airflow_may_end_it or not victim.leaves_orphan)
    )
    return Outcome(victim.name, written, lost, doubled, epochs, fenced, round(seconds, 1), holds)


def show(outcomes: list[Outcome]) -> None:
    """Print the table."""
    columns = ["killed", "rows", "lost", "doubled", "epochs", "refused", "seconds", "holds"]
    rows = [
        (o.victim, o.rows, o.rows_lost, o.rows_doubled, o.epochs, o.fenced, o.seconds,
         "yes" if o.holds else "NO")
        for o in outcomes
    ]  # fmt: skip
    table("kill -9 in a real Airflow", columns, rows)
