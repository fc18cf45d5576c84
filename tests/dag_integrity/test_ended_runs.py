"""A run of Airflow that a person has marked or deleted is known to be over, by Airflow itself."""

from __future__ import annotations

from pathlib import Path

from tests.airflow_process import DAGS, run_in_airflow

# Airflow's REST API ends runs as a person does; a task of another run then asks about each.
ASK = """
import json, sys

from airflow.utils.db import initdb

initdb()

from airflow.api_fastapi.app import create_app
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
from airflow.models.dagrun import DagRun
from airflow.sdk import dag, task
from airflow.utils.session import create_session
from fastapi.testclient import TestClient
from sqlalchemy import update

from orchestration.requests import has_ended

DagBundlesManager().sync_bundles_to_db()
sync_bag_to_db(DagBag(sys.argv[1]), "dags-folder", None)
client = TestClient(create_app())
client.headers["Authorization"] = "Bearer " + client.get("/auth/token").json()["access_token"]
RUNS = "/api/v2/dags/score_transactions/dagRuns"
names = ["running", "queued", "marked failed", "marked a success", "deleted", "odd (name)"]
for number, name in enumerate(names):
    client.post(RUNS, json={"dag_run_id": name, "logical_date": None}).raise_for_status()
with create_session() as session:
    session.execute(
        update(DagRun)
        .where(DagRun.run_id.in_(["running", "marked failed", "marked a success", "odd (name)"]))
        .values(state="running")
    )
for name, state in {"marked failed": "failed", "marked a success": "success"}.items():
    client.patch(f"{RUNS}/{name}", json={"state": state}).raise_for_status()
client.delete(f"{RUNS}/deleted").raise_for_status()
requesters = [*names, "ada (L.) (running)", "ada (deleted)", "ada (odd (name))"]


@dag(schedule=None)
def asking():
    @task
    def ask():
        found = {who: has_ended("score_transactions", who) for who in requesters}
        found["running, of another DAG"] = has_ended("score_applications", "running")
        return found

    ask()


run = asking().test()
print("JSON" + json.dumps(run.get_task_instance("ask").xcom_pull("ask")))
"""


def test_a_run_that_was_marked_or_deleted_is_over_and_every_other_one_goes_on(
    tmp_path: Path,
) -> None:
    everybody = {"AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True"}
    found = run_in_airflow(tmp_path, "-c", ASK, str(DAGS), **everybody)

    assert {who for who, has_ended in found.items() if has_ended} == {
        *("marked failed", "marked a success", "deleted", "ada (deleted)"),
        "running, of another DAG",
    }
    assert len(found) == 10
