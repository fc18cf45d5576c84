"""An interval of a bad rate counts customers: many rows of few customers tell little."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.simulation.rates import bad_rate, wilson
from scoring.simulation.tally import CLUSTERS, LABELS, Label


def clusters_of(bad: np.ndarray, good: np.ndarray) -> np.ndarray:
    """Return the counts of clusters."""
    counts = np.zeros((CLUSTERS, LABELS), dtype=np.int64)
    counts[: len(bad), Label.BAD], counts[: len(good), Label.GOOD] = bad, good
    return counts


def test_wilson_has_the_published_values() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263, and 0 of 20
    found = wilson(81 / 263, 263)

    assert (found.low, found.high) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0.0, 20).high == pytest.approx(0.1611, abs=1e-4)


def test_independent_rows_have_the_interval_of_a_binomial() -> None:
    draw = np.random.default_rng(2)
    bad = draw.binomial(40, 0.1, CLUSTERS)

    found = bad_rate(clusters_of(bad, 40 - bad))

    assert found is not None
    plain = wilson(found.value, CLUSTERS * 40)
    assert found.high - found.low == pytest.approx(plain.high - plain.low, rel=0.15)


def test_rows_that_share_their_customers_outcome_widen_the_interval() -> None:
    draw = np.random.default_rng(3)
    is_bad = draw.random(CLUSTERS) < 0.1
    counts = clusters_of(40 * is_bad, 40 * ~is_bad)

    found = bad_rate(counts)

    assert found is not None
    by_customer = wilson(found.value, CLUSTERS)
    assert found.high - found.low == pytest.approx(by_customer.high - by_customer.low, rel=0.05)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    draw = np.random.default_rng(5)
    covered = 0
    for _ in range(400):
        rate = draw.beta(2, 18, CLUSTERS)
        bad = draw.binomial(20, rate)
        found = bad_rate(clusters_of(bad, 20 - bad))
        assert found is not None
        covered += found.low <= 0.1 <= found.high

    assert 0.92 <= covered / 400 <= 0.98


def test_nothing_observed_is_no_rate() -> None:
    assert bad_rate(clusters_of(np.zeros(1, dtype=int), np.zeros(1, dtype=int))) is None
