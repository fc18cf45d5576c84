"""Measures agree with scikit-learn's, and card precision with the handbook's definition."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from scoring.fraud import evaluation


@pytest.fixture(params=["distinct", "tied"])
def ranked(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(5)
    is_fraud = draw.random(3_000) < 0.05
    score = np.clip(draw.normal(0.3, 0.1, 3_000) + 0.1 * is_fraud, 0, 1)
    if request.param == "tied":
        score = np.round(score, 1)
    return is_fraud, score, draw.integers(0, 3, 3_000).astype(float)


def test_ranking_measures_agree_with_scikit_learn(
    ranked: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    is_fraud, score, weight = ranked
    ranking = evaluation.Ranking(is_fraud, score)

    assert ranking.auc_roc() == pytest.approx(roc_auc_score(is_fraud, score))
    assert ranking.average_precision() == pytest.approx(average_precision_score(is_fraud, score))
    assert ranking.auc_roc(weight) == pytest.approx(
        roc_auc_score(is_fraud, score, sample_weight=weight)
    )
    assert ranking.average_precision(weight) == pytest.approx(
        average_precision_score(is_fraud, score, sample_weight=weight)
    )


def test_the_interval_holds_the_value_and_is_the_same_every_time() -> None:
    draw = np.random.default_rng(1)
    is_fraud = draw.random(2_000) < 0.1
    ranking = evaluation.Ranking(is_fraud, draw.random(2_000) + 0.5 * is_fraud)
    customer = draw.integers(0, 200, 2_000)

    first, second = (evaluation.interval(ranking.auc_roc, customer) for _ in range(2))

    assert first == second
    assert first.low < first.value < first.high


def test_a_well_calibrated_score_has_slope_one_and_as_many_frauds_as_foretold() -> None:
    draw = np.random.default_rng(2)
    probability = draw.beta(0.5, 5, 100_000)
    is_fraud = draw.random(100_000) < probability

    assert evaluation.calibration_slope(is_fraud, probability) == pytest.approx(1, abs=0.03)
    assert evaluation.observed_to_expected(is_fraud, probability) == pytest.approx(1, abs=0.03)


def test_a_score_that_is_too_sure_has_a_slope_below_one() -> None:
    draw = np.random.default_rng(2)
    probability = draw.beta(2, 5, 50_000)
    is_fraud = draw.random(50_000) < probability
    odds = (probability / (1 - probability)) ** 2

    assert evaluation.calibration_slope(is_fraud, odds / (1 + odds)) < 0.7


def test_a_card_ranks_by_its_riskiest_payment_and_leaves_once_caught() -> None:
    #                   day 1          day 2
    customer = np.array([0, 0, 1, 2, 0, 1, 2])
    day = np.array([1, 1, 1, 1, 2, 2, 2])
    is_fraud = np.array([0, 1, 0, 0, 1, 1, 0], dtype=bool)
    score = np.array([0.9, 0.1, 0.5, 0.4, 0.9, 0.2, 0.8])

    shares = evaluation.card_precision(customer, day, is_fraud, score, top=1)

    # day 1: card 0 by its genuine payment; day 2: it is out, so card 2 leads and is genuine
    assert shares.tolist() == [1.0, 0.0]


def test_card_precision_is_the_books() -> None:
    draw = np.random.default_rng(9)
    rows = 6_000
    frame = pd.DataFrame(
        {
            "CUSTOMER_ID": draw.integers(0, 700, rows),
            "TX_TIME_DAYS": np.sort(draw.integers(0, 7, rows)),
            "TX_FRAUD": draw.random(rows) < 0.03,
            "predictions": draw.random(rows),
        }
    )

    shares = evaluation.card_precision(
        frame["CUSTOMER_ID"].to_numpy(),
        frame["TX_TIME_DAYS"].to_numpy(),
        frame["TX_FRAUD"].to_numpy(),
        frame["predictions"].to_numpy(),
        top=100,
    )

    assert shares.tolist() == _by_the_book(frame, top=100)


def test_the_ceiling_is_what_a_perfect_ranking_reaches() -> None:
    customer = np.arange(10)
    is_fraud = customer < 3

    assert evaluation.best_card_precision(customer, np.zeros(10, int), is_fraud) == 0.03


def _by_the_book(frame: pd.DataFrame, top: int) -> list[float]:
    """Card precision as chapter 4 of the handbook writes it."""
    caught: list[int] = []
    shares = []
    for day in sorted(frame["TX_TIME_DAYS"].unique()):
        today = frame[(frame["TX_TIME_DAYS"] == day) & ~frame["CUSTOMER_ID"].isin(caught)]
        cards = today.groupby("CUSTOMER_ID")[["predictions", "TX_FRAUD"]].max()
        first = cards.sort_values("predictions", ascending=False).head(top)
        found = first.index[first["TX_FRAUD"]].tolist()
        caught.extend(found)
        shares.append(len(found) / top)
    return shares
