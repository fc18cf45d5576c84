"""The classical methods forecast the levels that their sources define."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.demand import methods
from scoring.demand.methods import METHODS, forecast
from tests.demand import a_history, the_past


@pytest.mark.parametrize("name", METHODS)
def test_a_steady_series_goes_on(name: str) -> None:
    past = the_past(a_history(np.full(500, 6.0)))
    expected = 6.0 * 0.95 if name == "croston_sba" else 6.0

    assert forecast(name, past, 28) == pytest.approx(np.full((1, 28), expected))


def test_croston_forecasts_the_size_over_the_interval() -> None:
    past = the_past(a_history(np.tile([0.0, 0.0, 0.0, 2.0], 60)))

    assert forecast("croston_sba", past, 4, 7) == pytest.approx(np.full((1, 4), 0.95 * 2.0 / 4.0))


def test_croston_starts_without_a_warm_up_on_a_huge_first_order() -> None:
    units = np.tile([0.0, 4.0], 100)
    units[1] = 70_000.0

    past = the_past(a_history(units))

    assert forecast("croston_sba", past, 1, 7)[0, 0] < 4.0


def test_theta_follows_half_of_a_trend() -> None:
    past = the_past(a_history(100.0 + np.arange(100.0), period=1))

    step = np.diff(forecast("theta", past, 3, 7)[0])

    assert step == pytest.approx(0.5)


def test_the_seasonal_naive_repeats_the_last_week() -> None:
    units = np.ones(70)
    units[-7:] = np.arange(7.0)

    past = the_past(a_history(units))

    assert forecast("seasonal_naive", past, 14)[0].tolist() == [*range(7), *range(7)]


def test_a_weekday_profile_keeps_the_level() -> None:
    units = np.full(84, 20.0)
    units[5::7] = 80.0
    past = the_past(a_history(units))

    ahead = forecast("mean_56", past, 7)[0]

    assert ahead.mean() == pytest.approx(units[:7].mean())
    assert ahead[5] > 2.5 * ahead[0]


def test_a_new_series_starts_from_its_category() -> None:
    units = np.zeros((5, 200))
    units[:4] = 10.0
    units[4, -2:] = 2.0

    level = methods.shrunk_level(the_past(a_history(units)))

    assert level[:4] == pytest.approx(10.0, rel=0.1)
    assert 5.0 < level[4] < 10.0


def test_a_series_that_was_never_in_stock_of_late_has_its_level_of_the_year() -> None:
    units, out = np.full(300, 5.0), np.zeros(300)
    units[-60:], out[-60:] = 0.0, 1.0

    past = the_past(a_history(units, out=out))

    assert forecast("mean_28", past, 28) == pytest.approx(np.full((1, 28), 5.0))


def test_the_season_of_the_category_a_year_ago_moves_the_level() -> None:
    units = np.full(420, 10.0)
    units[420 - 364 : 420 - 336] = 20.0

    past = the_past(a_history(units))

    assert forecast("season", past, 4, 7) == pytest.approx(np.full((1, 4), 20.0))
