"""In a real Airflow, the pages of gates and runs need a login and are linked from tasks."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.airflow_process import ROOT, run_in_airflow
from tests.conftest import Db
from tests.integration.expectations.tables import Gate

RUN = "11111111-2222-3333-4444-555555555555"
_FAILED = """
insert into decisions.runs (
    run_id, job, kind, window_start, window_end, requested_by, models, policy_version,
    policy_sha256, feature_view, code_version, lock_sha256, known_at_cutoff, rows_claimed, state,
    failure
)
values (
    %s, 'forecast_demand', 'scheduled', '2026-08-31', '2026-09-01', 'a & b', '{}', '2026.12.1', '',
    'demand@1', '', '', '2026-09-01', 0, 'failed', 'no <model>'
)
"""
SCRIPT = Path(__file__).with_name("airflow_session.py")


@pytest.fixture
def airflow(gate: Gate, migrated: Db, tmp_path: Path) -> dict[str, Any]:
    """Store one validation and one run, and request their pages from a real api-server."""
    validation = gate()
    with migrated.superuser() as connection:
        connection.execute(_FAILED, (RUN,))
    home = tmp_path / "airflow"
    (home / "dags").mkdir(parents=True)
    script = shutil.copy(SCRIPT, home / "dags")
    warehouse = migrated.settings.warehouse
    assert warehouse.score_password is not None
    session = run_in_airflow(
        home,
        script,
        str(validation.validation_id),
        "delivery 7",
        RUN,
        dags=home / "dags",
        AIRFLOW__API__BASE_URL="https://example.com/airflow",
        AIRFLOW__API_AUTH__JWT_SECRET="of-a-throw-away-server" * 3,
        SCORING_WAREHOUSE__PORT=str(warehouse.port),
        SCORING_WAREHOUSE__DATABASE=warehouse.database,
        SCORING_WAREHOUSE__SCORE_PASSWORD=warehouse.score_password.get_secret_value(),
        SCORING_OBJECTS__URL=migrated.settings.objects.url,
    )
    return {**session, "id": str(validation.validation_id)}


def test_the_pages_need_a_login_and_are_linked_from_their_tasks(
    airflow: dict[str, Any],
) -> None:
    # one test: a real Airflow takes half a minute to start
    page = f"/scoring/validations/{airflow['id']}"
    answers, links = airflow["answers"], airflow["links"]

    for caller, status in (("stranger", 401), ("forger", 403)):
        for path, answer in answers[caller].items():
            described = path.endswith(("docs", "openapi.json"))
            expected = 404 if described else 401 if path == "/api/v2/version" else status
            assert answer["status"] == expected, (caller, path)
            assert "raw.transactions" not in answer["text"]
            assert "forecast_demand" not in answer["text"]

    for caller in ("user", "browser"):
        index = answers[caller]["/scoring/validations"]
        assert index["status"] == 200
        assert f'href="validations/{airflow["id"]}"' in index["text"]
        assert "default-src 'none'" in index["policy"]
        assert answers[caller][page]["status"] == 200
        assert answers[caller]["/api/v2/version"]["status"] == 200
        assert "customer_id has a value" in answers[caller][page]["text"]

        run_page = answers[caller][f"/scoring/runs/{RUN}"]
        assert run_page["status"] == 200
        assert "default-src 'none'" in run_page["policy"]
        assert "a &amp; b" in run_page["text"]
        assert "no &lt;model&gt;" in run_page["text"]
        assert f'href="runs/{RUN}"' in answers[caller]["/scoring/runs"]["text"]

    of_user = answers["user"]
    assert airflow["id"] in of_user["/scoring/validations?subject=delivery 7"]["text"]
    assert airflow["id"] not in of_user["/scoring/validations?subject=nobody"]["text"]
    missing = of_user["/scoring/validations/00000000-0000-0000-0000-000000000000"]
    assert missing["status"] == 404
    no_run = of_user["/scoring/runs/00000000-0000-0000-0000-000000000000"]
    assert no_run["status"] == 404
    assert "There is no run" in no_run["text"]

    assert "No simulation yet" in of_user["/scoring/simulations"]["text"]
    no_simulation = of_user["/scoring/simulations/00000000-0000-0000-0000-000000000000"]
    assert no_simulation["status"] == 404

    reports = {
        "passed": f"/airflow{page}",
        "admit": None,
        "several": "/airflow/scoring/validations?subject=one&subject=two%26",
        "stopped": f"/airflow{page}",
        "no_gate": None,
    }
    of_run = f"/airflow/scoring/runs/{RUN}"
    assert links == {
        task: {"Validation report": report, "Run page": of_run} for task, report in reports.items()
    }
    assert [(view["name"], view["url_route"]) for view in airflow["views"]] == [
        ("Validations", "validations"),
        ("Runs", "runs"),
        ("Simulations", "simulations"),
    ]
    assert airflow["scoring"] == str(ROOT / "scoring" / "__init__.py")
