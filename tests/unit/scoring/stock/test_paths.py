"""Simulated demand has the mean, the scatter and the correlation that it shall have."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.models import dispersion
from scoring.models.dispersion import Dispersion
from scoring.stock import lead_times
from scoring.stock.draws import Purpose, gamma_values, keys_of, strata
from scoring.stock.inbound import Inbound
from scoring.stock.lead_times import Supply
from scoring.stock.paths import extended, simulate

KEYS = keys_of(["a", "b"])
MEANS = np.array([[4.0] * 14, [0.2] * 14])


def demand_of(daily: float, level: float, paths: int = 4_000) -> np.ndarray:
    factors = Dispersion(np.full(2, daily), np.full(2, level))
    return simulate(MEANS, factors, KEYS, np.full(2, 14), seed=1, paths=paths)


@pytest.mark.parametrize(("daily", "level"), [(0.0, 0.0), (0.5, 0.0), (0.5, 0.1)])
def test_a_day_of_demand_has_its_mean_and_variance(daily: float, level: float) -> None:
    demand = demand_of(daily, level)

    total = (1 + daily) * (1 + level) - 1
    variance = MEANS[:, 0] + total * MEANS[:, 0] ** 2
    assert demand.mean(axis=(1, 2)) == pytest.approx(MEANS[:, 0], rel=0.03)
    assert demand.var(axis=(1, 2)) == pytest.approx(variance, rel=0.08)


def test_days_of_a_path_deviate_together_so_their_sum_scatters_more() -> None:
    apart, together = demand_of(0.5, 0.0).sum(axis=1), demand_of(0.5, 0.1).sum(axis=1)

    days, mean = 14, 4.0
    independent = days * (mean + 0.5 * mean**2)
    assert apart[0].var() == pytest.approx(independent, rel=0.1)
    shared = days * (mean + 0.65 * mean**2 - 0.1 * mean**2) + 0.1 * (days * mean) ** 2
    assert together[0].var() == pytest.approx(shared, rel=0.1)


def test_the_upper_quantile_of_a_sum_lies_below_the_sum_of_upper_quantiles() -> None:
    demand = demand_of(0.5, 0.0)[0]

    assert np.quantile(demand.sum(axis=0), 0.9) < 0.8 * np.quantile(demand, 0.9, axis=1).sum()


def test_the_dispersion_of_made_demand_is_recovered_by_class() -> None:
    rng = np.random.default_rng(3)
    codes = np.repeat([0, 1], 1_500)
    daily, level = np.array([0.3, 1.5])[codes], np.array([0.02, 0.2])[codes]
    mean = np.repeat(rng.uniform(0.5, 6.0, (3_000, 1)), 28, axis=1)
    rate = mean * rng.gamma(1 / level, level)[:, None]
    rate *= rng.gamma(1 / daily[:, None], daily[:, None], mean.shape)
    actual = rng.poisson(rate).astype(np.float64)
    actual[rng.random(actual.shape) < 0.1] = np.nan

    found = dispersion.fit(actual, mean, codes, 3)

    assert found.daily[:2] == pytest.approx([0.3, 1.5], rel=0.1)
    assert found.level[:2] == pytest.approx([0.02, 0.2], rel=0.25)
    assert 0.02 < found.level[2] < 0.2  # a class without rows has the numbers of all rows


def test_the_dispersion_of_a_product_is_that_of_the_sum_of_its_channels() -> None:
    series = Dispersion(np.array([0.5, 3.0, 0.7]), np.array([0.1, 0.0, 0.2]))
    means = np.array([6.0, 2.0, 5.0])

    product = dispersion.of_sums(series, means, np.array([0, 0, 1]), 3)

    one = Dispersion(series.daily[:2], series.level[:2])
    demand = simulate(means[:2, None] + np.zeros(7), one, KEYS, np.full(2, 7), seed=1, paths=20_000)
    total = product.level[0] + product.daily[0] + product.level[0] * product.daily[0]
    assert demand.sum(axis=0).var() == pytest.approx(8.0 + total * 64.0, rel=0.05)
    assert (product.daily[1], product.level[1]) == pytest.approx((0.7, 0.2))
    assert (product.daily[2], product.level[2]) == (0.0, 0.0)


def test_a_backtest_without_two_known_days_is_refused() -> None:
    actual = np.full((3, 28), np.nan)
    actual[:, 0] = 1.0

    with pytest.raises(ValueError, match="two known days"):
        dispersion.fit(actual, np.ones((3, 28)), np.zeros(3, dtype=np.int64), 1)


def test_days_of_equal_means_correlate_more_the_more_they_sell() -> None:
    factors = Dispersion(np.array([0.5]), np.array([0.1]))

    assert factors.correlation(1.0)[0] == pytest.approx(0.1 / (1 + 0.65))
    assert factors.correlation(20.0)[0] > factors.correlation(1.0)[0]


def test_strata_hold_the_mean_and_the_deviation_of_a_lead_time() -> None:
    drawn = gamma_values(np.array([10.0, 7.0]), np.array([3.0, 0.0]), 256)
    order = strata(KEYS, 256, Purpose.LEAD_TIME, seed=1)

    assert (np.sort(order, axis=1) == np.arange(256)).all()
    assert (order[0] != order[1]).any()
    assert drawn.mean(axis=1) == pytest.approx([10.0, 7.0])
    assert drawn[0].std() == pytest.approx(3.0, rel=0.03)
    assert (drawn[1] == 7.0).all()


def test_the_next_order_covers_the_days_until_its_successor_arrives() -> None:
    supply = Supply(np.array([5.0]), np.array([0.0]), np.array([2]), np.array([7]))

    period = lead_times.draw(supply, KEYS[:1], seed=1, paths=4)

    assert period.arrival.tolist() == [[8] * 4]  # leaves on day 3, sells from day 8 on
    assert period.end.tolist() == [[14] * 4]
    assert period.delay.tolist() == [[0] * 4]


def test_a_delivery_that_has_not_arrived_has_the_later_ones_of_its_lead_times() -> None:
    inbound = Inbound(np.array([0, 0, 0]), np.array([1, 1, 1]), np.array([9, 1, -5]))
    delay = np.array([[2, -2, 1, -1, 0] * 60])

    arrival = inbound.arrivals(delay)

    days, paths = np.unique(arrival[0], return_counts=True)
    assert (days.tolist(), paths.tolist()) == ([7, 8, 9, 10, 11], [60] * 5)
    days, paths = np.unique(arrival[1], return_counts=True)
    assert (days.tolist(), paths.tolist()) == ([1, 2, 3], [100] * 3)
    assert (arrival[2] == 1).all()  # later than any lead time: it may come every day
    assert abs(np.corrcoef(arrival[0], arrival[1])[0, 1]) < 0.2


def test_an_unknown_lead_time_is_the_usual_one_and_says_so() -> None:
    nan = np.array([np.nan])
    supply = Supply(nan, nan, np.array([0]), np.array([1]))

    filled = supply.filled()

    assert not supply.is_known[0]
    assert filled.lead_time[0] == lead_times.USUAL_DAYS
    assert filled.deviation[0] > 0


def test_days_after_the_forecast_repeat_its_last_week() -> None:
    means = np.arange(28.0)[None, :]

    longer = extended(means, 40)[0]

    assert longer[:28].tolist() == list(range(28))
    assert longer[28:].tolist() == [21, 22, 23, 24, 25, 26, 27, 21, 22, 23, 24, 25]
    assert extended(means, 5).shape == (1, 5)
