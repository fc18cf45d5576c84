"""What the browser's script asks a running stack: the question that waits, and the pinned model."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta

from infra.local.airflow_api import Airflow
from infra.local.airflow_runs import follow
from infra.local.console import step
from infra.local.state import StackError, State
from infra.local.warehouse_facts import connect
from scoring.fraud.job import JOB as FRAUD

JOB, MODEL = FRAUD.name, FRAUD.slot.name
DAG, DECIDE = "promote_model", f"{MODEL}.decide"
PERSON = "browser"
PATIENCE_SECONDS = 120

_NEWEST_ROW = """
    select transaction_id, date_trunc('hour', occurred_at)
    from decisions.transaction_decisions
    where occurred_at < date_trunc('hour', now())
    order by occurred_at desc, transaction_id
    limit 1
"""
_PINNED = """
    select models -> %(role)s ->> 'version'
    from decisions.runs
    where requested_by = %(requested_by)s
    order by claimed_at desc
    limit 1
"""
_NEWEST_GATE = """
    select challenger_version, champion_version
    from audit.model_gates
    where model = %s
    order by gated_at desc
    limit 1
"""


@dataclass(frozen=True, slots=True)
class Question:
    """A question of `promote_model` that waits for a person.

    Args:
        run_id: of Airflow.
        version: that may become champion.
        champion: the version that decides now.
    """

    run_id: str
    version: str
    champion: str


def question(state: State, airflow: Airflow) -> Question | None:
    """Return the question about the fraud model that waits, or None."""
    for run_id in airflow.running(DAG):
        for task in airflow.tasks(DAG, run_id):
            if task["task_id"] == DECIDE and task["state"] == "awaiting_input":
                version, champion = newest_gate(state)
                return Question(run_id, version, champion)
    return None


def await_promotion(airflow: Airflow, asked: Question) -> None:
    """Wait until the task that promotes has ended.

    Raises:
        StackError: it failed, with the end of its log, or it takes too long.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    with step("Airflow: the task promote") as note:
        while time.monotonic() < deadline:
            (task,) = (
                task
                for task in airflow.tasks(DAG, asked.run_id)
                if task["task_id"] == f"{MODEL}.promote"
            )
            note(str(task["state"]))
            if task["state"] == "success":
                return
            if task["state"] == "failed":
                log = airflow.log_tail(DAG, asked.run_id, task)
                raise StackError(f"the promotion was refused: {log[-800:]}")
            time.sleep(1)
    raise StackError(f"{DAG} has not promoted after {PATIENCE_SECONDS} s: see run {asked.run_id}")


def decide_again(state: State, airflow: Airflow, reason: str) -> str:
    """Decide a transaction again by a run of Airflow; return the version that decided it.

    Raises:
        StackError: the run failed.
    """
    with connect(state, "score") as connection:
        transaction_id, hour = connection.execute(_NEWEST_ROW).fetchone() or ("", None)
    if hour is None:
        raise StackError("no decided transaction lies in an hour that is over: run `make demo`")
    form = {
        "start": hour.isoformat(),
        "end": (hour + timedelta(hours=1)).isoformat(),
        "restate_ids": [transaction_id],
        "reason": reason,
        "person": PERSON,
    }
    with step(f"The next run: {reason}") as note:
        run_id = airflow.trigger(JOB, form)
        follow(airflow, JOB, run_id, note)
        pinned = {
            "role": FRAUD.slot.role,
            "requested_by": f"{PERSON} ({run_id})",
        }
        with connect(state, "score") as connection:
            row = connection.execute(_PINNED, pinned).fetchone()
        if row is None:
            raise StackError(f"run {run_id} succeeded and claimed nothing")
        note(f"version {row[0]} has decided")
    return str(row[0])


def newest_gate(state: State) -> tuple[str, str]:
    """Return the challenger's and the champion's version of the newest gate."""
    with connect(state, "score") as connection:
        row = connection.execute(_NEWEST_GATE, (MODEL,)).fetchone()
    if row is None:
        raise StackError(f"{MODEL} has no gate: run `make demo`")
    return str(row[0]), str(row[1])
