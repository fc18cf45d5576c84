"""The classical methods forecast the levels that their sources define."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.demand import methods
from scoring.demand.methods import METHODS
from tests.demand import a_forecast, a_history, the_past


@pytest.mark.parametrize("name", METHODS)
def test_a_steady_series_goes_on(name: str) -> None:
    past = the_past(a_history(np.full(500, 6.0)))
    expected = 6.0 * 0.95 if name == "croston_sba" else 6.0

    assert a_forecast(name, past, 28) == pytest.approx(np.full((1, 28), expected))


def test_croston_forecasts_the_size_over_the_interval() -> None:
    past = the_past(a_history(np.tile([0.0, 0.0, 0.0, 2.0], 60)))

    assert a_forecast("croston_sba", past, 4, 7) == pytest.approx(np.full((1, 4), 0.95 * 2.0 / 4.0))


def test_croston_starts_without_a_warm_up_on_a_huge_first_order() -> None:
    units = np.tile([0.0, 4.0], 100)
    units[1] = 70_000.0

    past = the_past(a_history(units))

    assert a_forecast("croston_sba", past, 1, 7)[0, 0] < 4.0


def test_theta_follows_half_of_a_trend() -> None:
    past = the_past(a_history(100.0 + np.arange(100.0), period=1))

    step = np.diff(a_forecast("theta", past, 3, 7)[0])

    assert step == pytest.approx(0.5)


def test_the_seasonal_naive_repeats_the_last_week() -> None:
    units = np.ones(70)
    units[-7:] = np.arange(7.0)

    past = the_past(a_history(units))

    assert a_forecast("seasonal_naive", past, 14)[0].tolist() == [*range(7), *range(7)]


def test_a_weekday_profile_keeps_the_level() -> None:
    units = np.full(84, 20.0)
    units[5::7] = 80.0
    past = the_past(a_history(units))

    ahead = a_forecast("mean_56", past, 7)[0]

    assert ahead.mean() == pytest.approx(units[:7].mean())
    assert ahead[5] > 2.5 * ahead[0]


def test_a_new_series_leaves_its_category_as_it_sells() -> None:
    units = np.zeros((4, 200))
    units[:2] = 10.0
    units[2, -2:] = [1.0, 0.0]
    units[3, -20:] = np.tile([1.0, 0.0], 10)

    level = methods.shrunk_level(the_past(a_history(units)))

    assert level[:2] == pytest.approx(10.0, rel=0.1)
    assert 0.55 < level[2] < 2.0
    assert 0.5 < level[3] < 0.55


def test_few_pieces_in_a_large_order_say_less_than_even_ones() -> None:
    units = np.full((4, 200), 10.0)
    units[2:] = 0.0
    units[2, -10:] = 2.0
    units[3, -10:] = [20.0, *np.zeros(9)]

    _, _, even, uneven = methods.shrunk_level(the_past(a_history(units)))

    assert 2.0 < even < uneven < 10.0


def test_a_series_that_was_never_in_stock_of_late_has_its_level_of_the_year() -> None:
    units, out = np.full(300, 5.0), np.zeros(300)
    units[-60:], out[-60:] = 0.0, 1.0

    past = the_past(a_history(units, out=out))

    assert a_forecast("mean_28", past, 28) == pytest.approx(np.full((1, 28), 5.0))


def test_the_season_of_the_category_a_year_ago_moves_the_level() -> None:
    units = np.full(420, 10.0)
    units[420 - 364 : 420 - 336] = 20.0

    past = the_past(a_history(units))

    assert a_forecast("season", past, 4, 7) == pytest.approx(np.full((1, 4), 20.0))
