"""The inventory knows every registered model, and its monitoring plan names places that exist."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from features.platform.errors import ConfigurationError
from scoring.domains import JOBS, SUITES
from scoring.models import inventory

ROOT = Path(__file__).resolve().parents[3]
MODELS = sorted(job.model.name for job in JOBS.values() if job.model is not None)
VIEWS = {path.stem for path in (ROOT / "dbt" / "models" / "serving").rglob("*.sql")}
DAGS = {path.stem for path in (ROOT / "dags").glob("*.py")}


def test_the_inventory_has_exactly_the_registered_models() -> None:
    assert sorted(inventory.load().models) == MODELS


@pytest.mark.parametrize("model", MODELS)
def test_the_monitoring_plan_names_gates_views_and_dags_that_exist(model: str) -> None:
    places = " ".join(each.place for each in inventory.load().entry(model).monitoring)

    assert set(re.findall(r"gate (decisions\.\w+)", places)) <= set(SUITES)
    assert set(re.findall(r"serving\.(\w+)", places)) <= VIEWS
    assert set(re.findall(r"DAG (\w+)", places)) <= DAGS


def test_a_model_that_decides_about_persons_is_reviewed_every_year() -> None:
    models = inventory.load()

    assert models.entry("credit_applications").tier == 1
    assert models.next_review("credit_applications", date(2024, 2, 29)) == date(2025, 2, 28)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 1), 12, date(2027, 12, 1)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
    ],
)
def test_a_review_is_never_due_in_the_month_after(day: date, months: int, later: date) -> None:
    assert inventory.months_later(day, months) == later


def test_an_unknown_model_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match=r"fraud_transactions.*add an entry"):
        inventory.load().entry("unknown")


def test_an_entry_without_an_owner_is_refused_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "inventory.yaml"
    file.write_text(inventory.FILE.read_text().replace("    owner: Head of credit risk\n", ""))

    with pytest.raises(ConfigurationError, match=r"credit_applications.*owner"):
        inventory.load(file)
