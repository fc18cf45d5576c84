"""Estimates are drawn to their mean as far as their errors allow."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.pricing.shrinkage import shrink, spread


def test_estimates_that_differ_by_chance_only_have_no_spread() -> None:
    assert spread(np.array([-1.0, -1.1, -0.9]), np.full(3, 0.5)) == 0.0


def test_the_spread_of_true_values_is_what_errors_do_not_explain() -> None:
    rng = np.random.default_rng(1)
    value = rng.normal(-1.5, 0.5, 4_000) + rng.normal(0.0, 0.3, 4_000)

    assert spread(value, np.full(4_000, 0.3)) == pytest.approx(0.25, rel=0.1)


def test_an_uncertain_estimate_moves_further_than_a_certain_one() -> None:
    value, error = shrink(
        np.array([-2.0, -2.0, -1.0, -0.5, -1.5]), np.array([0.6, 0.1, 0.1, 0.1, 0.1])
    )

    assert abs(value[0] + 2.0) > 3 * abs(value[1] + 2.0)
    assert error[0] < 0.6


def test_two_estimates_have_no_mean_to_move_to() -> None:
    value, error = shrink(np.array([-2.0, -1.0]), np.array([0.5, 0.5]))

    assert value.tolist() == [-2.0, -1.0]
    assert error.tolist() == [0.5, 0.5]


def test_shrunken_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(2)
    held = []
    for _ in range(500):
        truth, error = rng.normal(-1.4, 0.4, 8), rng.uniform(0.1, 0.5, 8)
        value, scatter = shrink(truth + error * rng.standard_normal(8), error)
        held.append(np.abs(value - truth) < 1.96 * scatter)

    assert 0.93 < np.mean(held) < 0.98
