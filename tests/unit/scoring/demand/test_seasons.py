"""The seasons that all series teach lead the level of each into the weeks ahead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from features.platform.arrays import Floats
from scoring.demand import rows, seasons
from scoring.demand.history import History
from scoring.demand.past import Past
from scoring.demand.rows import Rows
from scoring.demand.seasons import Seasons
from tests.demand import a_history, the_past

DAYS, SERIES = 700, 60
NIGHTS = range(430, DAYS - 28, 21)


def expected() -> Floats:
    """Return the true mean of series of which every third has a season of one year."""
    day = np.arange(DAYS)
    wave = np.cos(2.0 * np.pi * (day - 40.0) / 364.0)
    strength = np.where(np.arange(SERIES) % 3 == 0, 0.5, 0.0)
    rate = np.random.default_rng(2).uniform(4.0, 20.0, SERIES)
    means: Floats = rate[:, None] * np.exp(strength[:, None] * wave)
    return means


@pytest.fixture(scope="module")
def history() -> History:
    units = np.random.default_rng(3).poisson(expected()).astype(float)
    units[:, 0] += 1
    return a_history(units, category=(np.arange(SERIES) % 2).tolist())


@pytest.fixture(scope="module")
def nights(history: History) -> Rows:
    return rows.of_history(history, NIGHTS, 28)


@pytest.fixture(scope="module")
def learnt(nights: Rows) -> Seasons:
    found = seasons.learn(nights)
    assert found is not None
    return found


def errors(history: History, forecast: Callable[[Past], Floats], chosen: Floats) -> float:
    """Return the error of the mean of 28 days over three nights that taught nothing of them."""
    total = 0.0
    for place in (DAYS - 29, DAYS - 120, DAYS - 200):
        truth = expected()[:, place + 1 : place + 29].mean(axis=1)
        found = forecast(the_past(history, place))
        total += float((np.abs(found - truth) / truth)[chosen > 0].mean()) / 3.0
    return total


def test_a_series_with_a_season_follows_the_same_weeks_of_last_year(
    history: History, learnt: Seasons
) -> None:
    seasonal = (np.arange(SERIES) % 3 == 0).astype(float)

    ours = errors(history, lambda past: learnt.levels(past, 28).mean(axis=1), seasonal)

    assert ours < 0.6 * errors(history, lambda past: past["units_28"], seasonal)
    assert ours < 0.08


def test_a_series_without_a_season_keeps_its_level(history: History, learnt: Seasons) -> None:
    plain = (np.arange(SERIES) % 3 != 0).astype(float)

    assert errors(history, lambda past: learnt.levels(past, 28).mean(axis=1), plain) < 0.06


def test_no_level_depends_on_the_other_rows(nights: Rows, learnt: Seasons) -> None:
    past = nights.past.take(np.arange(40))

    alone = [learnt.levels(past.take(np.array([row])), 28) for row in range(40)]

    np.testing.assert_array_equal(np.concatenate(alone), learnt.levels(past, 28))


def test_units_after_a_night_of_a_known_promotion_do_not_teach(nights: Rows) -> None:
    names = list(nights.past.names)
    matrix = nights.past.matrix.copy()
    matrix[:, [names.index(f"promotion_1_{part}") for part in ("first", "last")]] = 1.0, 14.0
    past = replace(nights.past, matrix=matrix)
    raised = nights.units.copy()
    raised[:, :14] *= 3.0

    plain, promoted = (seasons.learn(Rows(past, units)) for units in (nights.units, raised))

    assert plain is not None
    assert promoted is not None
    np.testing.assert_array_equal(plain.variances, promoted.variances)


def test_few_nights_and_weekly_periods_teach_no_season(nights: Rows) -> None:
    assert seasons.learn(nights.take(np.arange(50))) is None
    assert seasons.learn(nights, period=7) is None


def test_a_series_of_which_nothing_is_known_has_a_level(learnt: Seasons, nights: Rows) -> None:
    empty = np.full((1, len(nights.past.names)), np.nan)

    levels = learnt.levels(Past(empty, np.zeros(1, dtype=np.int64)), 28)

    assert np.isfinite(levels).all()
    assert (levels > 0).all()
