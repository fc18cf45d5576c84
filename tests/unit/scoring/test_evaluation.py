"""Measures agree with scikit-learn and with their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from scoring.models import evaluation


@pytest.fixture(params=["distinct", "tied"])
def ranked(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(5)
    is_event = draw.random(3_000) < 0.05
    score = np.clip(draw.normal(0.3, 0.1, 3_000) + 0.1 * is_event, 0, 1)
    if request.param == "tied":
        score = np.round(score, 1)
    return is_event, score, draw.integers(0, 3, 3_000).astype(float)


def test_ranking_measures_agree_with_scikit_learn(
    ranked: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    is_event, score, weight = ranked
    ranking = evaluation.Ranking(is_event, score)

    assert ranking.auc_roc() == pytest.approx(roc_auc_score(is_event, score))
    assert ranking.average_precision() == pytest.approx(average_precision_score(is_event, score))
    assert ranking.auc_roc(weight) == pytest.approx(
        roc_auc_score(is_event, score, sample_weight=weight)
    )
    assert ranking.average_precision(weight) == pytest.approx(
        average_precision_score(is_event, score, sample_weight=weight)
    )


def test_the_interval_contains_the_value_and_is_deterministic() -> None:
    draw = np.random.default_rng(1)
    is_event = draw.random(2_000) < 0.1
    ranking = evaluation.Ranking(is_event, draw.random(2_000) + 0.5 * is_event)
    customer = draw.integers(0, 200, 2_000)

    first, second = (evaluation.interval(ranking.auc_roc, customer) for _ in range(2))

    assert first == second
    assert first.low < first.value < first.high


def test_a_well_calibrated_score_has_slope_one_and_the_predicted_number_of_events() -> None:
    draw = np.random.default_rng(2)
    probability = draw.beta(0.5, 5, 100_000)
    is_event = draw.random(100_000) < probability

    assert evaluation.calibration_slope(is_event, probability) == pytest.approx(1, abs=0.03)
    assert evaluation.observed_to_expected(is_event, probability) == pytest.approx(1, abs=0.03)


def test_an_overconfident_score_has_a_slope_below_one() -> None:
    draw = np.random.default_rng(2)
    probability = draw.beta(2, 5, 50_000)
    is_event = draw.random(50_000) < probability
    odds = (probability / (1 - probability)) ** 2

    assert evaluation.calibration_slope(is_event, odds / (1 + odds)) < 0.7


def test_ks_is_the_greatest_distance_of_the_two_rates(
    ranked: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    is_event, score, weight = ranked
    false_rate, true_rate, _ = roc_curve(is_event, score, sample_weight=weight)

    ks = evaluation.Ranking(is_event, score).ks(weight)

    assert ks == pytest.approx((true_rate - false_rate).max())


def test_a_weight_of_two_counts_a_row_twice() -> None:
    draw = np.random.default_rng(3)
    probability = draw.beta(2, 5, 4_000)
    is_event = draw.random(4_000) < probability
    weight = draw.integers(0, 3, 4_000)
    repeated = np.repeat(np.arange(4_000), weight)

    for measure in (
        evaluation.calibration_slope,
        evaluation.observed_to_expected,
        evaluation.brier,
    ):
        weighted = measure(is_event, probability, weight.astype(float))
        assert weighted == pytest.approx(
            measure(is_event[repeated], probability[repeated]), rel=1e-4
        )


def test_a_constant_at_the_true_rate_has_no_calibration_error() -> None:
    is_event = np.tile([True, False, False, False], 1_000)

    assert evaluation.expected_calibration_error(is_event, np.full(4_000, 0.25)) == 0
    assert evaluation.expected_calibration_error(is_event, np.full(4_000, 0.35)) == pytest.approx(
        0.1
    )


def test_the_same_mix_is_stable_and_a_moved_one_is_not() -> None:
    before = np.array([100, 200, 300, 0])

    assert evaluation.population_stability(before, before) == 0
    assert evaluation.population_stability(before, 2 * before) < 1e-3
    assert evaluation.population_stability(before, before[::-1]) > 0.25
