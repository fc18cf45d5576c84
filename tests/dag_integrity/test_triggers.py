"""Airflow's own REST API refuses a hostile trigger of any DAG and creates no run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.airflow_process import DAGS, run_in_airflow

# The application of the api-server with the plugin, every DAG as the dag-processor stores it, and a
# database of its own. Each request is sent as raw bytes.
ASK = """
import json, sys, traceback

from airflow.utils.db import initdb

initdb()

from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db

DagBundlesManager().sync_bundles_to_db()
bag = DagBag(sys.argv[1])
sync_bag_to_db(bag, "dags-folder", None)

from airflow.api_fastapi.app import create_app
from airflow.models.dagrun import DagRun
from airflow.models.backfill import Backfill
from airflow.utils.session import create_session
from fastapi.testclient import TestClient
from sqlalchemy import func, select

client = TestClient(create_app(), raise_server_exceptions=False)
client.headers["Authorization"] = "Bearer " + client.get("/auth/token").json()["access_token"]
client.headers["Content-Type"] = "application/json"
answers = []
for path, body in json.load(open(sys.argv[2])):
    answer = client.post(path, content=body.encode("utf-8", "surrogatepass"))
    with create_session() as session:
        runs = session.scalar(select(func.count()).select_from(DagRun))
        backfills = session.scalar(select(func.count()).select_from(Backfill))
        session.query(DagRun).delete()
    answers.append([answer.status_code, str(answer.json().get("detail")), runs + backfills])
tasks = {
    f"{dag.dag_id}.{task.task_id}": getattr(
        task._pre_execute_hook if hasattr(task, "_pre_execute_hook")
        else task.partial_kwargs.get("pre_execute"), "__name__", None,
    )
    for dag in bag.dags.values() for task in dag.tasks
}
print("JSON" + json.dumps({"answers": answers, "tasks": tasks}))
"""

RUNS = "/api/v2/dags/{}/dagRuns"
FORMS = sorted(path.stem for path in DAGS.glob("*.py"))
FUTURE = "2197-11-28T19:00:00Z"
PAST = "2026-11-20T19:00:00Z"
BACKFILL = {"from_date": "2026-11-20T00:00:00Z", "to_date": "2026-11-20T02:00:00Z",
            "max_active_runs": 1}  # fmt: skip


def _run(**fields: object) -> str:
    return json.dumps({"logical_date": None, "conf": {}, **fields})


#: Each request with a part of the expected answer.
REFUSED: dict[str, tuple[str, str, str]] = {
    **{
        f"unknown field of {name}": (
            RUNS.format(name), _run(conf={"strat": FUTURE}), "the form has no field 'strat'",
        )
        for name in FORMS
    },
    **{
        f"future {name}": (
            RUNS.format("score_transactions"), _run(**{name: FUTURE}), f"{name} lies in the future",
        )
        for name in ("logical_date", "run_after")
    },
    "future interval": (
        RUNS.format("score_transactions"),
        _run(logical_date=PAST, data_interval_start=PAST, data_interval_end=FUTURE),
        "data_interval_end lies in the future",
    ),
    "number that ends a dag-processor": (
        RUNS.format("score_applications"),
        _run(conf={"application": {"loan_amnt": 9e300}}),
        "64 bits",
    ),
    "half a character": (RUNS.format("score_transactions"), _run(note="\udfff"), "surrogate"),
    "NUL": (RUNS.format("score_transactions"), _run(conf={"reason": "\0"}), "NUL"),
    "deep": (
        RUNS.format("score_transactions"),
        _run().replace("{}", '{"reason": ' + "[" * 900 + "]" * 900 + "}"),
        "nested",
    ),
    "run id of a line": (
        RUNS.format("score_transactions"), _run(dag_run_id="manual__x\n"), "control character",
    ),
    "unknown field of a backfill": (
        "/api/v2/backfills",
        json.dumps({**BACKFILL, "dag_id": "score_transactions", "dag_run_conf": {"strat": 1}}),
        "the form has no field 'strat'",
    ),
}  # fmt: skip
ACCEPTED = {
    "empty form": (RUNS.format("score_transactions"), _run()),
    "form of its own fields": (
        RUNS.format("score_transactions"), _run(conf={"start": PAST, "end": None}),
    ),
    "past date": (RUNS.format("score_applications"), _run(logical_date=PAST, run_after=PAST)),
}  # fmt: skip


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return Airflow's answer to each request, and the function that each task calls first."""
    home = tmp_path_factory.mktemp("airflow")
    requests = [(path, body) for path, body, _ in REFUSED.values()]
    requests_file = home / "requests.json"
    requests_file.write_text(json.dumps(requests + list(ACCEPTED.values())))
    answers: dict[str, Any] = run_in_airflow(
        home,
        "-c",
        ASK,
        str(DAGS),
        requests_file,
        AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS="True",
    )
    return answers


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_trigger_is_refused_in_words_and_creates_no_run(
    report: dict[str, Any], name: str
) -> None:
    status, detail, run_count = report["answers"][list(REFUSED).index(name)]

    assert (status, run_count) in {(400, 0), (422, 0)}
    assert REFUSED[name][2] in detail


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_valid_trigger_creates_a_run(report: dict[str, Any], name: str) -> None:
    status, _, run_count = report["answers"][len(REFUSED) + list(ACCEPTED).index(name)]

    assert (status, run_count) == (200, 1)


def test_every_task_of_every_dag_checks_the_fields_of_the_form(report: dict[str, Any]) -> None:
    """The first task checks the fields of a run that bypassed the REST API."""
    assert {name.partition(".")[0] for name in report["tasks"]} == set(FORMS)
    assert set(report["tasks"].values()) == {"prepare"}
