"""The pages of the gates inside a real Airflow: who may read them, and how one gets there."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.airflow_process import ROOT, run_in_airflow
from tests.conftest import Db
from tests.integration.expectations.tables import Gate

SCRIPT = Path(__file__).with_name("airflow_session.py")


@pytest.fixture
def airflow(gate: Gate, migrated: Db, tmp_path: Path) -> dict[str, Any]:
    """Store one validation and ask a real api-server about it."""
    validation = gate()
    home = tmp_path / "airflow"
    (home / "dags").mkdir(parents=True)
    script = shutil.copy(SCRIPT, home / "dags")
    warehouse = migrated.settings.warehouse
    assert warehouse.score_password is not None
    told = run_in_airflow(
        home,
        script,
        str(validation.validation_id),
        "delivery 7",
        dags=home / "dags",
        AIRFLOW__API__BASE_URL="https://example.com/airflow",
        AIRFLOW__API_AUTH__JWT_SECRET="of-a-throw-away-server" * 3,
        SCORING_WAREHOUSE__PORT=str(warehouse.port),
        SCORING_WAREHOUSE__DATABASE=warehouse.database,
        SCORING_WAREHOUSE__SCORE_PASSWORD=warehouse.score_password.get_secret_value(),
        SCORING_OBJECTS__URL=migrated.settings.objects.url,
    )
    return {**told, "id": str(validation.validation_id)}


def test_the_gates_are_shown_to_who_is_logged_in_and_linked_from_their_tasks(
    airflow: dict[str, Any],
) -> None:
    # one test: a real Airflow takes half a minute to come up
    page = f"/scoring/validations/{airflow['id']}"
    answers, links = airflow["answers"], airflow["links"]

    for who, status in (("stranger", 401), ("forger", 403)):
        for path, answer in answers[who].items():
            described = path.endswith(("docs", "openapi.json"))
            wanted = 404 if described else 401 if path == "/api/v2/version" else status
            assert answer["status"] == wanted, (who, path)
            assert "raw.transactions" not in answer["text"]

    for who in ("user", "browser"):
        index = answers[who]["/scoring/validations"]
        assert index["status"] == 200
        assert f'href="validations/{airflow["id"]}"' in index["text"]
        assert "default-src 'none'" in index["policy"]
        assert answers[who][page]["status"] == 200
        assert answers[who]["/api/v2/version"]["status"] == 200
        assert "customer_id has a value" in answers[who][page]["text"]

    found = answers["user"]
    assert airflow["id"] in found["/scoring/validations?subject=delivery 7"]["text"]
    assert airflow["id"] not in found["/scoring/validations?subject=nobody"]["text"]
    missing = found["/scoring/validations/00000000-0000-0000-0000-000000000000"]
    assert missing["status"] == 404

    assert links["passed"] == {"Validation report": f"/airflow{page}"}
    assert links["stopped"] == {"Validation report": f"/airflow{page}"}
    assert links["several"] == {
        "Validation report": "/airflow/scoring/validations?subject=one&subject=two%26"
    }
    assert links["no_gate"] == {"Validation report": None}
    assert [(view["name"], view["url_route"]) for view in airflow["views"]] == [
        ("Validations", "validations")
    ]
    assert airflow["scoring"] == str(ROOT / "scoring" / "__init__.py")
