"""A gate plan is a strict file that is registered before the comparison."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from features.platform.errors import ConfigurationError
from scoring.domains import JOBS
from scoring.models import gate_plan
from scoring.models.gate_plan import FOLDER, load

MODEL = "fraud_transactions"
SHIPPED = (FOLDER / f"{MODEL}.yaml").read_text()


def test_every_shipped_plan_belongs_to_a_model_and_is_valid() -> None:
    models = {job.model.name for job in JOBS.values() if job.model}

    plans = {path.stem: load(path.stem) for path in FOLDER.glob("*.yaml")}

    assert set(plans) == {"fraud_transactions", "credit_applications"}
    assert set(plans) <= models
    assert all(plan and plan.model == name for name, plan in plans.items())


def test_the_hash_of_a_plan_is_that_of_its_bytes() -> None:
    plan = load(MODEL)

    assert plan
    assert plan.sha256 == hashlib.sha256(SHIPPED.encode()).hexdigest()


def test_a_model_without_a_plan_has_none() -> None:
    assert load("customer_segments") is None


def test_cannot_tell_never_promotes() -> None:
    plan = load(MODEL)
    assert plan

    lenient = plan.model_copy(update={"promotes_not_worse": True})

    assert [verdict for verdict in gate_plan.Verdict if plan.promotes(verdict)] == ["better"]
    assert [verdict for verdict in gate_plan.Verdict if lenient.promotes(verdict)] == [
        "better",
        "not worse",
    ]


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("weeks: 4", "weeks: 3", "line 11.*weeks.*greater than or equal to 4"),
        ("margin: 0.01 ", "margins: 0.01 ", "primary.margin"),
        ("slope: [0.80, 1.25]", "slope: [1.25, 0.80]", "a bound below 1 and one above 1"),
        ("shortest_days: 7", "shortest_days: 70", "below shadow.longest_days"),
        ("clip: 10.0", 'clip: "10.0"', "ipw.clip.*the file has text"),
        ("model: fraud_transactions", "model: other", "is the gate plan of 'other'"),
        ("gates_a_year: 12", "sha256: abc", "does not state its own hash"),
    ],
)
def test_a_malformed_plan_is_refused_with_its_place(
    before: str, after: str, fault: str, tmp_path: Path
) -> None:
    assert before in SHIPPED
    (tmp_path / f"{MODEL}.yaml").write_text(SHIPPED.replace(before, after, 1))

    with pytest.raises(ConfigurationError, match=fault):
        load(MODEL, tmp_path)


def test_a_name_that_leads_out_of_the_folder_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no name of a model"):
        load("../fraud_transactions")
