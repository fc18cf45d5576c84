"""The credit part of a policy file is checked before any decision uses it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from scoring.decision.policy import policy
from scoring.decision.policy.credit import CreditPolicy
from scoring.decision.rules.columns import APPLICATIONS, types_of
from tests.credit import OF_RECORD, POLICY

PATH = policy.FOLDER / f"{OF_RECORD.version}.yaml"


def changed(**parts: Any) -> CreditPolicy:
    """Read the credit part of the policy of record with some keys replaced, one level deep."""
    values = yaml.safe_load(PATH.read_text())["credit"]
    for name, part in parts.items():
        values[name] = values[name] | part if isinstance(part, dict) else part
    return CreditPolicy(**values)


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"review": 0.5}, "credit.review must be below"),
        ({"grades": [{"grade": "A", "below": 0.5, "loss_budget_minor": 1}]}, "ends at 1"),
        (
            {
                "grades": [
                    {"grade": "A", "below": 0.5, "loss_budget_minor": 1},
                    {"grade": "B", "below": 1, "loss_budget_minor": 2},
                ]
            },
            "worse grade cannot",
        ),
        ({"limit": {"minimum_minor": 15_000}}, "multiple of step_minor"),
        ({"limit": {"annual_rate": 0}}, "annual_rate"),
        ({"confidence": {"near": 0.5}}, "near < far"),
        ({"fraud_state": {"outcomes": {"clear": "approve"}}}, "must name each of"),
        ({"unknown_key": 1}, "unknown_key"),
    ],
)
def test_a_credit_part_that_contradicts_itself_is_refused(
    parts: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValidationError, match=reason):
        changed(**parts)


def test_a_graver_fraud_state_is_never_milder() -> None:
    outcomes = POLICY.fraud_state.outcomes | {"clear": "decline"}

    with pytest.raises(ValidationError, match="graver fraud state"):
        changed(fraud_state={"outcomes": outcomes})


def test_the_credit_rules_name_only_declared_columns() -> None:
    assert len(policy.parsed(POLICY.rules, types_of(APPLICATIONS))) == len(POLICY.rules)
