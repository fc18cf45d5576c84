"""The factors of weekdays follow a series where it speaks, and all series where it is silent."""

from __future__ import annotations

import numpy as np
import pytest

from features.platform.arrays import Floats
from scoring.demand import weekdays
from scoring.demand.past import Past
from scoring.demand.weekdays import Weekdays
from tests.demand import a_history, the_past

SHOP = np.array([0.8, 0.8, 0.9, 1.0, 1.3, 1.5, 0.7])
WEB = 2.0 - SHOP


def two_kinds(series: int, rate: float, seed: int = 3) -> tuple[Past, Floats]:
    """Return series of which one half has its busy days when the other has not, and the truth."""
    draw = np.random.default_rng(seed)
    truth = np.where(np.arange(series)[:, None] % 2 == 0, SHOP, WEB)
    truth /= truth.mean(axis=1, keepdims=True)
    units = draw.poisson(rate * truth[:, np.arange(140) % 7]).astype(float)
    units[:, 0] += 1
    return the_past(a_history(units)), truth


def error(found: Floats, truth: Floats) -> float:
    return float(np.abs(found - truth).mean())


def test_what_many_series_share_helps_each_of_them() -> None:
    past, truth = two_kinds(200, rate=1.0)

    learnt, usual = (each.profile(past) for each in (weekdays.learn(past), Weekdays.usual()))

    assert error(learnt, truth) < 0.7 * error(usual, truth)
    assert learnt.mean(axis=1) == pytest.approx(1.0)


def test_series_differ_in_one_direction_and_it_is_found() -> None:
    past, _ = two_kinds(200, rate=20.0)

    found = weekdays.learn(past)

    direction = found.directions[:, np.argmax(found.variances)]
    along = np.abs(direction @ (SHOP - WEB)) / np.linalg.norm(SHOP - WEB)
    assert along > 0.97
    assert found.variances.max() > 10 * np.sort(found.variances)[-2]


def test_a_series_with_many_units_keeps_its_own_week() -> None:
    others, _ = two_kinds(40, rate=5.0)
    units = np.tile([400.0, 0.0, 200.0, 200.0, 200.0, 200.0, 200.0], 20)
    past = the_past(a_history(units))

    profile = weekdays.learn(others).profile(past)[0]

    assert profile == pytest.approx(units[:7] / 200.0, abs=0.15)


def test_a_series_without_units_of_late_has_the_mean_of_all() -> None:
    others, _ = two_kinds(60, rate=5.0)
    units = np.zeros(200)
    units[:40] = 9.0
    found = weekdays.learn(others)

    profile = found.profile(the_past(a_history(units)))[0]

    assert profile == pytest.approx(found.mean / found.mean.mean())


def test_without_series_the_usual_factors_hold() -> None:
    past, _ = two_kinds(4, rate=5.0)

    found = weekdays.learn(past.take(np.zeros(4, dtype=bool)))

    assert found.mean.tolist() == [1.0] * 7
    assert (
        weekdays.learn(the_past(a_history(np.ones((3, 80)), period=7))).mean.tolist() == [1.0] * 7
    )


def test_no_row_depends_on_the_others() -> None:
    past, _ = two_kinds(50, rate=2.0)
    found = weekdays.learn(past)

    together = found.profile(past)
    alone = np.concatenate([found.profile(past.take(np.array([row]))) for row in range(50)])

    np.testing.assert_array_equal(together, alone)
