"""Airflow itself reports that a run which a person marked or deleted has ended."""

from __future__ import annotations

from pathlib import Path

from tests.airflow_process import run_in_airflow

# The first DAG has runs that a person ends; a task of the second checks each of those runs.
DAGS = """
from airflow.sdk import dag, task

from orchestration.run_request import has_ended


@dag(schedule=None, params={"who": []})
def asking():
    @task
    def ask(params):
        return [who for who in params["who"] if has_ended("asked", who)]

    ask()


@dag(schedule=None)
def asked():
    @task
    def nothing():
        pass

    nothing()


asking(), asked()
"""

# Airflow's REST API ends the runs, as a person does.
ASK = """
import json, sys

from airflow.utils.db import initdb

initdb()

from airflow.api_fastapi.app import create_app
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from fastapi.testclient import TestClient
from sqlalchemy import update

DagBundlesManager().sync_bundles_to_db()
bag = DagBag(sys.argv[1])
sync_bag_to_db(bag, "dags-folder", None)
client = TestClient(create_app())
client.headers["Authorization"] = "Bearer " + client.get("/auth/token").json()["access_token"]
RUNS = "/api/v2/dags/asked/dagRuns"
names = ["running", "queued", "failed", "success", "deleted"]
for name in names:
    client.post(RUNS, json={"dag_run_id": name, "logical_date": None}).raise_for_status()
with create_session() as session:
    session.execute(
        update(DagRun)
        .where(DagRun.dag_id == "asked", DagRun.run_id.in_(["running", "failed", "success"]))
        .values(state="running")
    )
for name in ("failed", "success"):
    client.patch(f"{RUNS}/{name}", json={"state": name}).raise_for_status()
client.delete(f"{RUNS}/deleted").raise_for_status()
who = [*names, "ada (L.) (running)", "ada (deleted)"]
run = bag.dags["asking"].test(run_conf={"who": who})
(task,) = run.get_task_instances()
print("JSON" + json.dumps(task.xcom_pull("ask")))
"""


def test_marked_and_deleted_runs_have_ended_and_all_others_go_on(
    tmp_path: Path,
) -> None:
    dags = tmp_path / "dags"
    dags.mkdir()
    (dags / "asking.py").write_text(DAGS)
    as_admin = {"AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True"}

    over = run_in_airflow(tmp_path, "-c", ASK, str(dags), dags=dags, **as_admin)

    assert over == ["failed", "success", "deleted", "ada (deleted)"]
