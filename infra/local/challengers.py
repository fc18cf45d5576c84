"""Show how a fraud model is challenged: an older champion, a challenger, its shadow and its gate.

A gate needs weeks that neither model has learnt from. So the first champion of the synthetic world
learns on the knowledge of weeks before the demo, and the challenger on the same knowledge.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import timedelta

from infra.local import stack
from infra.local.airflow_api import Airflow
from infra.local.airflow_runs import follow
from infra.local.console import step, table
from infra.local.environment import environment
from infra.local.sample import TESTED as JOB
from infra.local.sample import Sample
from infra.local.schedule import GATES, PROMOTION
from infra.local.state import State
from infra.local.warehouse_facts import as_analyst, newest_gate
from scoring.domains import JOBS

MODEL = JOBS[JOB].slot.name
#: Columns that the first champion leaves out, as if they had been thought of later.
NEW_COLUMNS = (
    *(f"merchant_fraud_rate_{days}d" for days in (1, 3, 7, 14, 21, 30)),
    *(f"merchant_fraud_count_{days}d" for days in (3, 14, 21)),
)
DONE = "is_challenged"

_SHADOW = """
    select champion_decision, challenger_decision, sum(decision_count)::bigint as decisions,
        sum(total_amount) as amount_in_base_currency
    from serving.shadow_flows
    where model = 'fraud_transactions'
    group by champion_decision, challenger_decision
    order by decisions desc, champion_decision, challenger_decision
"""
_COLUMNS = ("name", "role", "estimate", "lower", "upper", "margin", "verdict")


def train_champion(state: State, data: Sample) -> None:
    """Train the first fraud champion on the knowledge of the weeks before.

    Raises:
        StackError: the training failed; the tail of its log has been printed.
    """
    if data.tested_from is None:
        return
    weeks = (data.live_from - data.tested_from) // timedelta(days=7)
    with step("First fraud model (vesper train)") as note:
        _vesper(state, ["train", JOB, "--as-of", data.tested_from.isoformat(), *_drop()])
        note(f"knowledge of {data.tested_from:%Y-%m-%d}: {weeks} weeks stay unseen, for a gate")


def challenge(state: State, airflow: Airflow, data: Sample) -> None:
    """Train a challenger, let it shadow the published runs, and compare it with the champion.

    Raises:
        StackError: a step failed; the tail of its log has been printed.
    """
    known = state.read("demo.json", {})
    if data.tested_from is None or known.get(DONE):
        return
    with step("A challenger for fraud (vesper train)") as note:
        _vesper(state, ["train", JOB, "--as-of", data.tested_from.isoformat()])
        note(f"it also learns from {len(NEW_COLUMNS)} columns on the frauds of merchants")
    with step("Shadow of the challenger (vesper models shadow)"):
        _vesper(state, ["models", "shadow", JOB, "--start", data.live_from.isoformat()])
    for dag_id in PROMOTION:
        airflow.await_dag(dag_id)
        airflow.set_paused(dag_id, is_paused=False)
    with step(f"Gate (Airflow: {GATES})") as note:
        run_id = airflow.trigger(GATES, {"model": MODEL}, interval=airflow.due_interval(GATES))
        follow(airflow, GATES, run_id, note)
    state.write("demo.json", known | {DONE: True})


def show(state: State) -> None:
    """Print the verdict on the challenger, and how its decisions would differ.

    Raises:
        psycopg.Error: the warehouse could not be read.
    """
    gate = newest_gate(state, MODEL)
    if gate is None:
        return
    title = (
        f"Gate of {MODEL}: version {gate['challenger_version']} against version "
        f"{gate['champion_version']} on {gate['rows']:,} payments of {gate['weeks']} weeks that "
        f"neither has seen: {gate['verdict']}"
    )
    table(title, _COLUMNS, [tuple(map(test.get, _COLUMNS)) for test in gate["tests"]["tests"]])
    names, rows = as_analyst(state, _SHADOW)
    table("Shadow: the decisions of both versions on the published payments", names, rows)


def _drop() -> list[str]:
    return [part for column in NEW_COLUMNS for part in ("--drop", column)]


def _vesper(state: State, arguments: Sequence[str]) -> None:
    command = [sys.executable, "-m", "scoring", *arguments]
    stack.run(state, "challengers", command, environment(state))
