"""Makes a question for a stack whose own gate has not passed, as other tests make a gate."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from uuid import uuid4

from mlflow import MlflowClient

from infra.local.airflow_api import Airflow
from infra.local.console import console, step
from infra.local.environment import mlflow_url
from infra.local.state import StackError, State
from infra.local.warehouse_facts import connect
from scoring.models.gate_plan import Verdict
from scoring.promotion import gate_records
from tests.browser.stack_facts import DAG, DECIDE, MODEL

PERSON = "browser"


def record_passed_gate(state: State) -> None:
    """Record a passed gate of the pair of the newest gate, with the tests of that one.

    Raises:
        StackError: the stack has no gate.
    """
    with connect(state, "score") as connection:
        newest = gate_records.newest(connection, MODEL)
        if newest is None:
            raise StackError(f"{MODEL} has no gate: run `make demo`")
        length = newest.window_end - newest.window_start
        end = newest.window_end + length
        passed = replace(
            newest,
            gate_id=uuid4(),
            used_until=newest.window_end,
            window_start=newest.window_end,
            window_end=end,
            label_as_of=end,
            verdict=Verdict.BETTER.value,
            verdict_sha256=hashlib.sha256(f"{PERSON} {end}".encode()).hexdigest(),
            requested_by=PERSON,
        )
        gate_records.insert(connection, passed)


def name_champion(state: State, version: str) -> None:
    """Give the alias `champion` to the version that decides now.

    A rehearsal that ended between two clicks leaves it elsewhere.
    """
    client = MlflowClient(mlflow_url(state))
    aliases = dict(client.get_registered_model(MODEL).aliases)
    if str(aliases.get("champion")) != version:
        console.print(f"An earlier rehearsal left the alias elsewhere: version {version} gets it.")
        client.set_registered_model_alias(MODEL, "champion", version)


def ask(airflow: Airflow) -> None:
    """Let Airflow ask about the fraud model.

    Raises:
        StackError: no question comes.
    """
    with step(f"Airflow: {DAG} asks about {MODEL}") as note:
        airflow.set_paused(DAG, is_paused=False)
        run_id = airflow.trigger(DAG, {"model": MODEL})
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            states = {task["task_id"]: task for task in airflow.tasks(DAG, run_id)}
            for name in (f"{MODEL}.find", DECIDE):
                note(f"{name}: {states[name]['state']}")
            if states[DECIDE]["state"] == "awaiting_input":
                return
            if states[f"{MODEL}.find"]["state"] in {"failed", "skipped"}:
                log = airflow.log_tail(DAG, run_id, states[f"{MODEL}.find"])
                raise StackError(f"{DAG} asks nobody: {log[-800:]}")
            time.sleep(1)
    raise StackError(f"{DAG} has not asked in time: see run {run_id}")
