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


def test_two_kinds_of_weeks_are_found_with_their_means_and_shares() -> None:
    past, _ = two_kinds(200, rate=20.0)

    found = weekdays.learn(past)

    weeks = {int(np.argmax(mean)): mean / mean.mean() for mean in found.mean}
    assert found.share == pytest.approx([0.5, 0.5], abs=0.02)
    assert weeks[5] == pytest.approx(SHOP / SHOP.mean(), abs=0.12)
    assert weeks[6] == pytest.approx(WEB / WEB.mean(), abs=0.12)


def test_nights_eight_weeks_apart_show_that_series_of_a_kind_do_not_differ() -> None:
    draw = np.random.default_rng(8)
    days = np.arange(230)
    units = draw.negative_binomial(2.0, 2.0 / (2.0 + 6.0 * SHOP[days % 7]), (240, 230)).astype(
        float
    )
    units[:, 0] += 1
    history = a_history(units)
    one_night = the_past(history, 229)
    nights = Past.joined([the_past(history, place) for place in (60, 120, 229)])

    alone, lasting = (weekdays.learn(past) for past in (one_night, nights))

    assert error(lasting.profile(one_night), SHOP / SHOP.mean()) < 0.03
    largest = [each.variances[np.argmax(each.share)].sum() for each in (lasting, alone)]
    assert largest[0] < 0.3 * largest[1]


def test_a_file_of_before_holds_one_kind_and_has_its_bits() -> None:
    past, _ = two_kinds(60, rate=2.0)
    one = Weekdays.usual()
    rows = np.vstack([one.mean, one.variances, one.directions[0]])

    before, today = Weekdays.of_rows(rows), Weekdays.of_rows(weekdays.learn(past).as_rows())

    np.testing.assert_array_equal(before.profile(past), one.profile(past))
    np.testing.assert_array_equal(today.profile(past), weekdays.learn(past).profile(past))


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

    mean = found.share @ found.mean
    assert profile == pytest.approx(mean / mean.mean())


def test_without_series_the_usual_factors_hold() -> None:
    past, _ = two_kinds(4, rate=5.0)

    found = weekdays.learn(past.take(np.zeros(4, dtype=bool)))

    weekly = weekdays.learn(the_past(a_history(np.ones((3, 80)), period=7)))
    assert found.mean.tolist() == [[1.0] * 7]
    assert weekly.mean.tolist() == [[1.0] * 7]


def test_no_row_depends_on_the_others() -> None:
    past, _ = two_kinds(50, rate=2.0)
    found = weekdays.learn(past)

    together = found.profile(past)
    alone = np.concatenate([found.profile(past.take(np.array([row]))) for row in range(50)])

    np.testing.assert_array_equal(together, alone)
