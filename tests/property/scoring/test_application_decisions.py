"""The decision on an application keeps its laws under the policy of record."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from scoring.credit.confidence import confidence_of
from scoring.decision.outcome import Confidence, Outcome
from tests.credit import CONDITIONS, COUNTS, POLICY, Applicant, decide, floats

USED = sorted(
    {name for _, condition in CONDITIONS for name in condition.tree.columns if "fraud" not in name}
)
counts = st.integers(0, 5)
probabilities = st.floats(0, 1)
applicants = st.builds(
    Applicant,
    amount=st.integers(1, 10_000_000),
    term=st.sampled_from([12.0, 36.0, 60.0]),
    income=st.none() | st.integers(0, 50_000_000).map(float),
    debt=st.none() | st.floats(0, 2),
    probability=st.none() | probabilities,
    contributions=st.tuples(st.floats(-3, 3), st.floats(-3, 3)),
    features=st.dictionaries(st.sampled_from(USED), st.floats(-1, 10_000)),
    **dict.fromkeys(COUNTS, counts),
)


@given(st.lists(applicants, min_size=1, max_size=20))
def test_every_application_has_exactly_one_outcome(batch: list[Applicant]) -> None:
    answer = decide(batch)

    assert len(answer.decisions.outcome) == len(batch)
    assert set(answer.decisions.outcome.tolist()) <= set(Outcome)


@given(st.lists(applicants, min_size=1, max_size=20))
def test_every_application_not_approved_as_requested_has_one_to_four_reasons(
    batch: list[Applicant],
) -> None:
    answer = decide(batch)

    for word, is_reduced, reasons in zip(
        answer.words, answer.reason_facts.is_reduced, answer.reasons, strict=True
    ):
        is_adverse = word != "approve" or is_reduced
        assert (1 <= len(reasons) <= 4) if is_adverse else not reasons
        assert len({reason["code"] for reason in reasons}) == len(reasons)
        assert all(reason["text"] and reason["applicant_text"] for reason in reasons)


@given(applicants)
def test_an_application_without_a_probability_is_not_approved(applicant: Applicant) -> None:
    answer = decide([replace(applicant, probability=None)])

    assert answer.decisions.outcome[0] >= Outcome.REVIEW
    assert bool(answer.decisions.is_degraded[0])


@given(applicants)
def test_an_application_without_a_limit_is_not_approved(applicant: Applicant) -> None:
    answer = decide([applicant])

    assert answer.words != ["approve"] or answer.limits.limit_minor[0] > 0


@given(applicants, probabilities, probabilities)
def test_a_worse_probability_never_lowers_the_outcome(
    applicant: Applicant, first: float, second: float
) -> None:
    better, worse = sorted([first, second])
    answer = decide([replace(applicant, probability=better), replace(applicant, probability=worse)])

    assert answer.decisions.outcome[0] <= answer.decisions.outcome[1]


@given(applicants, st.sampled_from(COUNTS), counts)
def test_more_suspicious_transactions_never_lower_the_outcome(
    applicant: Applicant, name: str, more: int
) -> None:
    worse = replace(applicant, **{name: getattr(applicant, name) + more})
    answer = decide([applicant, worse])

    assert answer.decisions.outcome[0] <= answer.decisions.outcome[1]


@given(applicants, st.integers(0, 50_000_000).map(float), st.integers(0, 50_000_000).map(float))
def test_a_higher_income_never_worsens_the_outcome(
    applicant: Applicant, first: float, second: float
) -> None:
    low, high = sorted([first, second])
    answer = decide([replace(applicant, income=low), replace(applicant, income=high)])

    assert answer.decisions.outcome[0] >= answer.decisions.outcome[1]


@given(st.lists(applicants, min_size=1, max_size=10), st.permutations(range(len(CONDITIONS))))
def test_the_order_of_rows_and_rules_has_no_effect(
    batch: list[Applicant], order: list[int]
) -> None:
    shuffled = tuple(CONDITIONS[place] for place in order)
    alone = [decide([applicant]).words[0] for applicant in batch]

    assert decide(batch, conditions=shuffled).words == alone
    assert decide(batch[::-1]).words == alone[::-1]


def test_every_rule_and_every_state_can_decide() -> None:
    """No branch is unreachable: each voice alone sets the outcome of some application."""
    only = {
        "bureau_data_missing": {"revolving_utilisation": None},
        "thin_file": {"total_account_count": 1.0},
        "public_records": {"public_record_count": 3.0},
        "income_too_low": {"annual_income": 1.0},
    }
    for rule in POLICY.rules:
        features = only.get(rule.rule_id, {})
        frauds = {} if features else {"confirmed_count": 1, "decline_count": 3}
        answer = decide([Applicant(features=features, **frauds)])  # type: ignore[arg-type]

        assert answer.words == [rule.outcome], rule.rule_id
    for level, applicant in (
        (Outcome.REVIEW, Applicant(amount=200_000, probability=POLICY.review)),
        (Outcome.DECLINE, Applicant(amount=100_000, probability=POLICY.decline)),
        (Outcome.REVIEW, Applicant(review_count=3)),
        (Outcome.REVIEW, Applicant(decline_count=1)),
        (Outcome.REVIEW, Applicant(confirmed_count=1)),
        (Outcome.DECLINE, Applicant(debt=1.0)),
        (Outcome.REVIEW, Applicant(debt=None)),
    ):
        assert decide([applicant]).decisions.outcome[0] == level, applicant


@given(probabilities, probabilities)
def test_confidence_is_not_high_if_the_models_disagree_or_a_cut_off_is_near(
    first: float, second: float
) -> None:
    confidence = confidence_of(floats([first]), floats([second]), POLICY)[0]
    sides = {(p >= POLICY.review, p >= POLICY.decline) for p in (first, second)}

    assert confidence in set(Confidence)
    assert confidence != "high" or len(sides) == 1


def test_a_missing_probability_or_second_opinion_gives_low_confidence() -> None:
    confidences = confidence_of(floats([None, 0.01, 0.01]), floats([0.01, None, 0.01]), POLICY)

    assert confidences.tolist() == ["low", "low", "high"]
