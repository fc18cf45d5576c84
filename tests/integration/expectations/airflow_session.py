"""Run a real api-server with the plugin, and a DAG whose tasks ran gates, in a separate process.

Arguments: the id and the subject of a stored validation, and the id of a run. Prints one line of
JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from airflow.sdk import dag, task
from airflow.utils.db import initdb

ROOT = "/airflow"  # a proxy would serve it here
VALIDATION, SUBJECT, RUN = sys.argv[1:4] if len(sys.argv) > 3 else ("", "", "")
TASKS = ("passed", "admit", "several", "stopped", "no_gate")


@dag(schedule=None)
def gates() -> None:
    """Define a DAG whose tasks leave receipts of gates."""

    @task
    def passed() -> dict[str, Any]:
        return {"validation_id": VALIDATION, "verdict": "passed"}

    @task
    def admit(ti: Any = None) -> None:
        ti.xcom_push(key="run", value={"run_id": RUN})

    @task
    def several() -> list[dict[str, Any]]:
        return [{"subject": "one", "verdict": "passed"}, {"subject": "two&", "verdict": "failed"}]

    @task
    def stopped(ti: Any = None) -> None:
        ti.xcom_push(key="validation_report", value=VALIDATION)

    @task
    def no_gate() -> dict[str, Any]:
        return {"rows": 3}

    passed() >> admit() >> several() >> stopped() >> no_gate()


DAG = gates()


def ask() -> dict[str, Any]:
    """Return the answers of the api-server without a login, with a login, and on links."""
    from airflow.api_fastapi.app import create_app, get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from fastapi.testclient import TestClient

    client = TestClient(create_app())
    token = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username="ada", role="viewer"))
    user = {"Authorization": f"Bearer {token}"}
    paths = [
        "/scoring/validations",
        f"/scoring/validations/{VALIDATION}",
        f"/scoring/validations?subject={SUBJECT}",
        "/scoring/validations?subject=nobody",
        "/scoring/validations/00000000-0000-0000-0000-000000000000",
        "/scoring/runs",
        f"/scoring/runs/{RUN}",
        "/scoring/runs/00000000-0000-0000-0000-000000000000",
        "/scoring/simulations",
        "/scoring/simulations/00000000-0000-0000-0000-000000000000",
        "/scoring/docs",
        "/scoring/openapi.json",
        *("/openapi.json", "/docs", "/auth/openapi.json", "/auth/docs", "/api/v2/version"),
        *("/execution/docs", "/execution/openapi.json"),
    ]
    answers = {
        caller: {path: _answer(client.get(ROOT + path, headers=headers)) for path in paths}
        for caller, headers in {
            "stranger": {},
            "user": user,
            "browser": {"Cookie": f"_token={token}"},
            "forger": {"Authorization": "Bearer nonsense"},
        }.items()
    }
    runs = client.get(f"{ROOT}/api/v2/dags/gates/dagRuns", headers=user).json()["dag_runs"]
    run = runs[0]["dag_run_id"]
    links = {
        name: client.get(
            f"{ROOT}/api/v2/dags/gates/dagRuns/{run}/taskInstances/{name}/links", headers=user
        ).json()["extra_links"]
        for name in TASKS
    }
    plugins = client.get(f"{ROOT}/api/v2/plugins", headers=user).json()["plugins"]
    return {"answers": answers, "links": links, "views": plugins[0]["external_views"]}


def _answer(response: Any) -> dict[str, Any]:
    return {
        "status": response.status_code,
        "text": response.text,
        "policy": response.headers.get("content-security-policy", ""),
    }


if __name__ == "__main__":
    initdb()
    DAG.test()
    import scoring

    sys.stdout.write("JSON" + json.dumps(ask() | {"scoring": scoring.__file__}) + "\n")
