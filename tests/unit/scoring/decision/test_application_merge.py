"""Check the decision table of applications cell by cell, and five applications in full."""

from __future__ import annotations

from datetime import timedelta

import pytest

from features.platform.errors import ConfigurationError
from scoring.credit.merge import STATES
from scoring.decision.outcome import Binding, FraudState
from scoring.decision.policy import policy
from scoring.decision.policy.policy import Listing, Suppression
from tests.credit import CONDITIONS, NOW, OF_RECORD, POLICY, Applicant, decide

WELL, DOUBTFUL, BADLY = 0.05, 0.25, 0.31
LATER = NOW + timedelta(days=1)
ALLOWED = Listing(customer_id="c1", until=LATER, reason="verified in the branch")
SUSPECTED = {"decision_count": 9, "review_count": 3}
DECLINED = {"decision_count": 9, "decline_count": 1}
CONFIRMED = {"decision_count": 9, "confirmed_count": 1}


@pytest.mark.parametrize("state", [{}, {"decision_count": 9}, SUSPECTED, DECLINED, CONFIRMED])
@pytest.mark.parametrize("probability", [WELL, DOUBTFUL, BADLY, None])
@pytest.mark.parametrize("rule", ["none", "review", "knock_out"])
def test_the_stricter_of_credit_fraud_state_and_rules_decides(
    state: dict[str, int], probability: float | None, rule: str
) -> None:
    features = {"none": {}, "review": {"credit_age_years": 0.5}, "knock_out": {"annual_income": 1}}
    by_credit = {WELL: 0, DOUBTFUL: 1, BADLY: 2, None: 1}[probability]
    by_state = int(state not in ({}, {"decision_count": 9}))
    by_rule = {"none": 0, "review": 1, "knock_out": 2}[rule]
    applicant = Applicant(amount=200_000, probability=probability, features=features[rule], **state)

    assert decide([applicant]).decisions.outcome[0] == max(by_credit, by_state, by_rule)


@pytest.mark.parametrize(
    ("applicant", "expected"),
    [
        (Applicant(), "no_history"),
        (Applicant(decision_count=1), "clear"),
        (Applicant(decision_count=9, review_count=2), "clear"),
        (Applicant(**SUSPECTED), "suspected"),
        (Applicant(decision_count=9, review_count=3, decline_count=1), "declined"),
        (Applicant(decision_count=9, decline_count=1, confirmed_count=1), "confirmed"),
        (Applicant(confirmed_count=1), "confirmed"),
    ],
)
def test_the_gravest_transaction_of_the_applicant_sets_the_fraud_state(
    applicant: Applicant, expected: str
) -> None:
    assert STATES[decide([applicant]).decisions.fraud_state[0]] is FraudState(expected)


@pytest.mark.parametrize(
    ("applicant", "expected", "is_overridden"),
    [
        (Applicant(probability=DOUBTFUL, amount=200_000), "approve", True),
        (Applicant(**CONFIRMED), "approve", True),
        (Applicant(features={"credit_age_years": 0.5}), "approve", True),
        (Applicant(), "approve", False),
        # an allow list cannot lower a knock-out, a missing probability or an impossible loan
        (Applicant(features={"annual_income": 1.0}), "decline", False),
        (Applicant(probability=None), "review", False),
        (Applicant(probability=0.9), "decline", False),
        (Applicant(debt=0.9), "decline", False),
        (Applicant(income=None), "review", False),
    ],
)
def test_an_allow_list_lowers_all_but_knock_outs_and_facts(
    applicant: Applicant, expected: str, is_overridden: bool
) -> None:
    answer = decide([applicant], OF_RECORD.model_copy(update={"allow_list": (ALLOWED,)}))

    assert answer.words == [expected]
    assert bool(answer.decisions.is_overridden[0]) is is_overridden


def test_a_listing_must_be_in_force_when_the_application_was_made() -> None:
    expired = Listing(customer_id="c1", until=NOW, reason="was verified")
    policy = OF_RECORD.model_copy(update={"allow_list": (expired,)})

    assert decide([Applicant(**CONFIRMED)], policy).words == ["review"]


def test_a_suppression_silences_a_credit_rule() -> None:
    quiet = Suppression(rule_id="thin_file", customer_id="c1", until=LATER, reason="known abroad")
    thin = Applicant(features={"credit_age_years": 0.5})

    assert decide([thin]).words == ["review"]
    assert decide([thin], OF_RECORD.model_copy(update={"suppressions": (quiet,)})).words == [
        "approve"
    ]


def test_a_policy_without_a_credit_part_decides_no_application() -> None:
    with pytest.raises(ConfigurationError, match="has no part `credit`"):
        decide([Applicant()], policy.load("2026.11.1"))


def test_golden_an_approval_has_the_whole_request_and_no_reasons() -> None:
    answer = decide([Applicant()])

    assert answer.words == ["approve"]
    assert answer.limits.limit_minor.tolist() == [1_000_000]
    assert answer.reasons == [[]]


def test_golden_a_doubtful_probability_is_reviewed_with_reasons_of_the_model() -> None:
    answer = decide([Applicant(amount=500_000, probability=DOUBTFUL)])

    assert answer.words == ["review"]
    assert answer.limits.limit_minor.tolist() == [500_000]  # indicative
    assert answer.reasons == [
        [
            {
                "code": "late_payments",
                "origin": "model",
                "feature": "delinquency_count_2y",
                "text": "Delinquencies in 2 years",
                "applicant_text": "Delinquent past or present credit obligations with others",
                "weight": 0.4,
            },
            {
                "code": "debt_to_income",
                "origin": "model",
                "feature": "debt_to_income",
                "text": "Monthly debt payments over monthly income",
                "applicant_text": "Excessive obligations in relation to income",
                "weight": 0.2,
            },
        ]
    ]


def test_golden_a_good_applicant_with_a_confirmed_fraud_is_reviewed_only_for_the_fraud() -> None:
    answer = decide([Applicant(**CONFIRMED)])

    assert answer.words == ["review"]
    assert answer.limits.limit_minor.tolist() == [1_000_000]
    assert [(r["code"], r["origin"]) for r in answer.reasons[0]] == [("fraud_confirmed", "fraud")]


def test_golden_a_decline_names_its_causes_first_and_then_the_other_reasons() -> None:
    answer = decide([Applicant(probability=0.6, features={"credit_age_years": 0.5}, **SUSPECTED)])

    assert answer.words == ["decline"]
    assert answer.limits.limit_minor.tolist() == [0]
    assert [(r["code"], r["origin"]) for r in answer.reasons[0]] == [
        ("late_payments", "model"),
        ("debt_to_income", "model"),
        ("fraud_suspected", "fraud"),
        ("thin_file", "rule"),
    ]


def test_golden_a_counter_offer_approves_less_and_gives_the_reason() -> None:
    answer = decide([Applicant(income=1_200_000.0, debt=0.3)])

    assert answer.words == ["approve"]
    assert answer.limits.limit_minor.tolist() == [300_000]
    assert answer.limits.binding.tolist() == [Binding.AFFORDABILITY]
    assert [(r["code"], r["applicant_text"]) for r in answer.reasons[0]] == [
        ("affordability", "Income insufficient for amount of credit requested")
    ]


def test_a_limit_bound_by_the_loss_has_reasons_of_the_model() -> None:
    answer = decide([Applicant(amount=3_500_000, income=20_000_000.0, probability=0.15)])

    assert answer.words == ["approve"]
    assert answer.limits.binding.tolist() == [Binding.EXPECTED_LOSS]
    assert [r["origin"] for r in answer.reasons[0]] == ["model", "model"]


def test_decisions_do_not_depend_on_the_order_of_the_rules() -> None:
    applicant = Applicant(features={"credit_age_years": 0.5, "annual_income": 1.0}, **CONFIRMED)
    forward, backward = decide([applicant]), decide([applicant], conditions=CONDITIONS[::-1])

    assert forward.words == backward.words == ["decline"]
    assert POLICY.rules[::-1] == backward.decisions.rules
