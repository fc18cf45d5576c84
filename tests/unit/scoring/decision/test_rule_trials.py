"""Rules are tried on edge values before their approval."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.decision.policy import policy
from scoring.decision.policy.part import Rule
from scoring.decision.rules import trials
from scoring.decision.rules.columns import APPLICATIONS, TRANSACTIONS, RuleColumns


def a_rule(when: str) -> Rule:
    return Rule(rule_id="r", outcome="review", when=when, analyst_text="a", applicant_text="a")


def faults(when: str, columns: RuleColumns = TRANSACTIONS) -> list[str]:
    return trials.faults_of([a_rule(when)], columns)


@pytest.mark.parametrize("path", sorted(policy.FOLDER.glob("*.yaml")), ids=lambda p: p.stem)
def test_every_committed_policy_passes_its_trials(path: Path) -> None:
    committed = policy.load(path.stem)

    assert trials.faults_of(committed.rules, TRANSACTIONS) == []
    if committed.credit:
        assert trials.faults_of(committed.credit.rules, APPLICATIONS) == []


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ("amount > 'x'", "compares double precision with text"),
        ("colour = 1", "not a declared column"),
        ("amount = null", "compares with null"),
        ("local_hour between 5 and 3", "has a part that no row satisfies"),
        ("local_hour between 5 and 3 or amount > 100", "has a part that no row satisfies"),
        ("amount > 5 and amount < 3", "has a part that no row satisfies"),
        ("amount > 5 and not (amount > 3)", "has a part that no row satisfies"),
        ("amount > 0.1 and amount < 0.10000000000000000001", "has a part that no row satisfies"),
        ("customer_id = 'a' and customer_id = 'b'", "has a part that no row satisfies"),
        ("amount > amount", "has a part that no row satisfies"),
        ("amount < -5", "is true of no row"),
        ("local_hour = 24", "is true of no row"),
        ("is_weekend = 2", "is true of no row"),
        ("device_fraud_rate_30d > 1", "is true of no row"),
        ("false", "is true of no row"),
        ("1 > 2", "has a part that no row satisfies"),
        ("true", "is true of every row"),
        ("0.1 + 0.2 = 0.3", "is true of every row"),
        ("amount >= 0", "is true of every row"),
        ("amount > 5 or amount <= 5", "is true of every row"),
        ("amount is null or amount >= 0", "is true of every row"),
        ("amount * 1e300 > 5", "is too large"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(when: str, reason: str) -> None:
    (fault,) = faults(when)

    assert fault.startswith(f"rule r: the condition {when!r} ")
    assert reason in fault


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ("purpose_group = 'house'", "'house', which is no level of purpose_group"),
        ("purpose_group <> 'house'", "'house', which is no level of purpose_group"),
        ("purpose_group in ('home', 'Home')", "'Home', which is no level of purpose_group"),
        ("'' = purpose_group", "'', which is no level of purpose_group"),
        ("purpose_group = 'home' and purpose_group = 'other'", "a part that no row satisfies"),
        ("fico_mid > 850", "is true of no row"),
        ("fraud_decline_count < 0", "is true of no row"),
        ("fraud_decline_count = 2.5", "a part that no row satisfies"),
        ("fraud_highest_probability > 1", "is true of no row"),
        ("fraud_decline_count * 9223372036854775807 > 1", "a bigint that is too large"),
    ],
)
def test_a_rule_of_applications_is_tried_on_levels_and_counts(when: str, reason: str) -> None:
    (fault,) = faults(when, APPLICATIONS)

    assert reason in fault


@pytest.mark.parametrize(
    "when",
    [
        "amount is null",
        "amount is not null",
        "not (amount > 5)",
        "customer_id = ''",
        "customer_id in ('c1', 'c2') and amount > 0.5",
        "device_fraud_rate_30d >= 1",
        "local_hour not in (1, 2, 3)",
        "local_hour > 22.5",
        "amount > customer_amount_avg_30d",
        "amount - customer_amount_avg_30d > 1000",
        "amount > 3 * customer_amount_avg_30d and customer_transaction_count_30d >= 10",
        "amount > 0 and local_hour < 5 and is_night = 1 and is_new_device = 1 and "
        "merchant_risk_score > 0.5 and customer_km_since_previous > 10 and "
        "customer_transaction_count_3h > 3 and customer_transaction_count_6h > 3",
    ],
)
def test_a_meaningful_rule_is_accepted(when: str) -> None:
    assert faults(when) == []


@pytest.mark.parametrize(
    "when",
    [
        "fraud_decline_count + 1 >= 3",
        "fraud_decline_count * fraud_review_count > 9",
        "fraud_decline_count > 0.5",
        "annual_income * 0.1 < requested_amount",
        "purpose_group = 'home' or home_ownership_group is null",
    ],
)
def test_a_meaningful_rule_of_applications_is_accepted(when: str) -> None:
    assert faults(when, APPLICATIONS) == []


bounds = st.integers(-3, 30)


@given(bounds, bounds, st.floats(0, 23))
def test_a_rule_that_hits_a_row_is_never_refused_as_hitting_none(
    low: int, high: int, hour: float
) -> None:
    """A rule is never refused for values that were not tried."""
    is_hit = low < hour < high

    named = faults(f"local_hour > {low} and local_hour < {high}")

    assert not is_hit or not any("no row" in fault for fault in named)
