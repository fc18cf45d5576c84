"""The difference of AUC has the value and the standard error of the published methods."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.models.evaluation import Ranking
from scoring.promotion.auc_difference import auc_difference, components
from tests.gates import rows_of

NUMBER = np.arange(1, 201)
CHAMPION = np.round(NUMBER * 0.6180339887 % 1, 2)  # with ties
CHALLENGER = np.round(NUMBER * 0.7548776662 % 1, 2)
IS_EVENT = (NUMBER * 0.5698402910 % 1) + 0.4 * CHAMPION + 0.7 * CHALLENGER > 1.3


def test_independent_rows_have_the_variance_of_delong() -> None:
    # Delong_test of MLstatkit 0.1.91 on the same rows: both AUC and `var_diff`
    auc, other, variance = 0.6417554858934169, 0.7573040752351097, 0.003348406469479867

    estimate = auc_difference(IS_EVENT, (CHAMPION, CHALLENGER), NUMBER, 0.05)

    assert estimate.value == pytest.approx(other - auc, abs=1e-12)
    assert estimate.standard_error**2 == pytest.approx(variance, rel=1e-9)


def test_clustered_rows_have_the_variance_of_a_bootstrap_of_customers() -> None:
    rows = rows_of(8_000, noise=(1.0, 0.7), seed=3)
    # customers differ tenfold in their rows
    cluster = (400 * (rows.cluster / 1_000) ** 2).astype(int)
    draw = np.random.default_rng(1)
    rankings = [Ranking(rows.is_event, score) for score in (rows.champion, rows.challenger)]

    estimate = auc_difference(rows.is_event, (rows.champion, rows.challenger), cluster, 0.05)
    drawn = []
    for _ in range(400):
        weight = draw.multinomial(400, np.full(400, 1 / 400))[cluster].astype(float)
        drawn.append(rankings[1].auc_roc(weight) - rankings[0].auc_roc(weight))

    assert estimate.standard_error == pytest.approx(np.std(drawn), rel=0.12)


def test_whole_weights_count_as_so_many_rows() -> None:
    rows = rows_of(2_000, seed=4)
    times = np.random.default_rng(2).integers(1, 4, len(rows))
    again = np.repeat(np.arange(len(rows)), times)

    weighed = auc_difference(
        rows.is_event, (rows.champion, rows.challenger), rows.cluster, 0.05, times.astype(float)
    )
    repeated = auc_difference(
        rows.is_event[again],
        (rows.champion[again], rows.challenger[again]),
        rows.cluster[again],
        0.05,
    )

    assert weighed.value == pytest.approx(repeated.value, abs=1e-12)
    assert weighed.standard_error == pytest.approx(repeated.standard_error, rel=1e-9)


def test_equal_scores_count_half() -> None:
    is_event = np.array([True, False, True, False])

    auc, contribution = components(is_event, np.full(4, 0.3), np.ones(4))

    assert auc == 0.5
    assert contribution == pytest.approx(np.zeros(4))


@pytest.mark.parametrize("is_event", [np.zeros(4, dtype=bool), np.ones(4, dtype=bool)])
def test_rows_of_one_kind_have_no_auc(is_event: np.ndarray) -> None:
    scores = (np.arange(4) / 4, np.arange(4) / 4)

    estimate = auc_difference(is_event, scores, np.arange(4), 0.05)

    assert np.isnan([estimate.value, estimate.lower, estimate.upper]).all()


def test_events_of_one_customer_have_no_standard_error() -> None:
    is_event = np.array([True, True, False, False])
    scores = (np.array([0.9, 0.1, 0.3, 0.2]), np.array([0.9, 0.4, 0.3, 0.2]))

    estimate = auc_difference(is_event, scores, np.array([0, 0, 1, 2]), 0.05)

    assert estimate.value == pytest.approx(0.5)
    assert np.isnan(estimate.standard_error)
