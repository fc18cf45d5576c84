"""The card of a fraud model says which model was chosen and why, and which columns are left out."""

from __future__ import annotations

from datetime import date

import pytest

from features.views import TRANSACTIONS
from scoring.fraud import fitting, model_card, robustness
from scoring.fraud.job import JOB
from scoring.models import card, inventory, review
from scoring.models.columns import Choice
from tests.unit.scoring.fraud.test_period import ANY, labels, period
from tests.unit.scoring.fraud.test_small_portfolios import FEW_FRAUDS, NAMES, trained


@pytest.fixture(scope="module")
def page() -> card.Card:
    model, slices = trained(FEW_FRAUDS)
    at_hand = labels(days=100, frauds=1)
    scores = fitting.score(model, slices.test)
    metrics = fitting.measure(scores, slices.test)
    answers = robustness.measure(model, slices, scores.fraud_probability)
    columns = Choice(NAMES, {"device_fraud_rate_30d": "is missing in the newest quarter"})
    return model_card.of(
        model,
        slices,
        columns,
        period.choose(at_hand, ANY),
        metrics,
        "Refitted on all rows",
        TRANSACTIONS,
        at_hand,
        review.of_events(JOB.slot.name, date(2026, 11, 30), answers, "frauds", "week from"),
    )


def test_the_card_names_the_small_model_its_columns_and_the_smallest_sample(
    page: card.Card,
) -> None:
    text = card.as_markdown(page)

    assert "Penalised logistic regression on a few columns" in text
    assert "Its columns: amount, customer_amount_ratio_30d" in text
    assert "Smallest sample: 16 frauds to learn from and 4 to test on" in text
    assert "Refitted on all rows" in text


def test_the_card_shows_the_interval_of_observed_over_expected(page: card.Card) -> None:
    assert "Calibration holds on the test rows" in card.as_markdown(page)
    assert "95 % interval" in card.summary(page)


def test_the_card_lists_delivered_columns_that_are_not_used_and_the_labels_by_week(
    page: card.Card,
) -> None:
    text = card.as_markdown(page)

    assert "| device_fraud_rate_30d | is missing in the newest quarter |" in text
    assert "week of" in text
    assert "## Left out" in text
    assert "Column device_fraud_rate_30d is not used" in card.summary(page)


def test_the_card_holds_each_part_that_a_model_risk_officer_asks_for(page: card.Card) -> None:
    text = card.as_markdown(page)
    entry = inventory.load().entry(JOB.slot.name)

    for heading in (
        *("Users", "Uses", "Outside the purpose", "Data", "Left out", "Assumptions", "Limits"),
        *("Benchmark", "Sensitivity", "Stability by month", "Fairness", "Monitoring plan"),
    ):
        assert f"\n## {heading}\n" in text
    assert f"- Owner: {entry.owner}" in text
    assert "- Trained on 2026-11-30; next review by 2027-11-30" in text
    assert all(f"| {each.measure} | {each.threshold} |" in text for each in entry.monitoring)


def test_the_card_compares_the_small_model_with_the_amount_and_leaves_columns_out(
    page: card.Card,
) -> None:
    text = card.as_markdown(page)

    assert "The benchmark is the amount alone." in text
    assert "| amount | -0." in text  # the planted frauds have large amounts
