"""The stock part of a policy names a service for each class, and refuses what cannot be meant."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from features.platform.errors import ConfigurationError
from scoring.decision.policy import policy
from scoring.decision.policy.stock import CLASSES, StockPolicy
from scoring.stock import classes

RATES = dict.fromkeys(CLASSES, 0.9)
VALID: dict[str, Any] = {"fill_rates": RATES, "transfers": {"low": 0.9, "high": 0.9, "least": 1}}


def test_the_newest_policy_plans_stock_and_decides_the_rest_as_the_one_before() -> None:
    before, newest = policy.load("2026.12.1"), policy.load("2026.12.2")

    assert newest.require_stock().fill_rates == classes.FILL_RATES
    changed = {"version", "description", "stock", "sha256"}
    assert newest.model_dump(exclude=changed) == before.model_dump(exclude=changed)


def test_an_older_policy_plans_no_stock_and_says_the_next_step() -> None:
    with pytest.raises(ConfigurationError, match="approve a version that has one with `vesper"):
        policy.load("2026.12.1").require_stock()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"fill_rates": RATES | {"AX": 1.0}}, "AX must lie between 0 and 1"),
        ({"fill_rates": {"AX": 0.9}}, "must name each of AX, AY"),
        ({"fill_rates": RATES | {"D": 0.9}}, "must name each of AX, AY"),
        ({"channel_buffers": {"shop": -1}}, "shop must be 0 or more"),
        ({"channel_buffers": {" shop": 1}}, "blanks"),
        ({"transfers": {"low": 0.99, "high": 0.9, "least": 1}}, "low must not exceed high"),
        ({"transfers": {"low": 0.9, "high": 0.9, "least": 0}}, "greater than or equal to 1"),
        ({"budget_minor": -1}, "greater than or equal to 0"),
        ({"budget": 1}, "Extra inputs"),
    ],
)
def test_a_stock_part_that_cannot_be_meant_is_refused(change: dict[str, Any], reason: str) -> None:
    assert StockPolicy(**VALID).budget_minor is None
    with pytest.raises(ValidationError, match=reason):
        StockPolicy(**VALID | change)
