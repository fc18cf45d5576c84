"""The backtest chooses on what was known, and a model that loses to its baseline serves nothing."""

from __future__ import annotations

import numpy as np
import pytest

from features.platform.arrays import Codes, Floats
from scoring.demand import backtest, distribution, evaluation, picking, rows
from scoring.demand.history import History
from scoring.demand.rows import Rows
from tests.demand import MONDAY, a_history


def test_the_origins_are_one_horizon_apart_and_have_a_known_horizon(nights: Rows) -> None:
    days = backtest.days(nights, most=3)

    # the history ends 20 days after 309, and 267 is only 21 days before 288
    assert [day - MONDAY for day in days] == [204, 246, 288]


def test_units_after_an_origin_do_not_move_its_forecasts(shop: History) -> None:
    places = range(100, 280, 28)
    day = MONDAY + 240
    changed = a_history(np.where(np.arange(330) > 240, 1_000.0, shop.units))
    before = rows.of_history(a_history(shop.units), places, 28)
    after = rows.of_history(changed, places, 28)

    night = int(before.night[before.night <= day].max())
    one, other = (next(backtest.origins(each, [night])) for each in (before, after))

    np.testing.assert_array_equal(one.forecasts.means(), other.forecasts.means())
    np.testing.assert_array_equal(one.forecasts.medians(), other.forecasts.medians())


def test_rows_known_by_a_day_hold_no_later_units(nights: Rows) -> None:
    day = MONDAY + 200

    known = nights.known_by(day)

    ends = known.night[:, None] + np.arange(1, 29)
    assert (known.night < day).all()
    assert np.isnan(known.units[ends > day]).all()
    assert not np.isnan(known.units[ends <= day]).any()


def picked(units: Floats, forecasts: Floats, names: tuple[str, ...]) -> Floats:
    """Return the weights for the median of smooth series; the baseline is `median_56`."""
    code = np.zeros(len(units), dtype=np.int64)

    def loss(forecast: Floats, rows: Codes) -> float:
        return evaluation.wape(forecast, units[rows])

    cells = np.array([units.size, 0, 0, 0, 0], dtype=np.float64)
    return picking.pick("median", names, forecasts, loss, code, cells)[0][0]


def test_a_candidate_that_loses_to_the_baseline_serves_nothing() -> None:
    units = np.full((400, 1), 10.0)
    forecasts = np.stack([np.full((400, 1), value) for value in (10.5, 12.0, 8.0, 20.0)])

    weights = picked(units, forecasts, ("median_56", "bad", "other", "worse"))

    assert weights.tolist() == [1.0, 0.0, 0.0, 0.0]


def test_a_candidate_that_loses_to_the_baseline_of_a_class_serves_other_classes_alone() -> None:
    code = np.repeat([0, 1], [400, 9000])
    units = np.full((len(code), 1), 10.0)
    good = np.where(code == 1, 10.5, 14.0)[:, None]
    forecasts = np.stack([np.full(units.shape, 12.0), good])

    def loss(forecast: Floats, rows: Codes) -> float:
        return evaluation.wape(forecast, units[rows])

    cells = np.bincount(code, minlength=5).astype(np.float64)
    weights, _ = picking.pick("median", ("median_56", "good"), forecasts, loss, code, cells)

    assert weights[:2].tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_three_candidates_that_err_apart_serve_together() -> None:
    draw = np.random.default_rng(0)
    units = draw.poisson(50.0, (2000, 1)).astype(float)
    forecasts = 50.0 + draw.normal(0.0, 10.0, (4, 2000, 1))
    forecasts[3] = 80.0

    weights = picked(units, forecasts, ("one", "two", "three", "median_56"))

    assert weights == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0.0])


def test_a_blend_does_not_count_one_forecast_twice() -> None:
    units = np.full((400, 1), 10.0)
    forecasts = np.stack([np.full((400, 1), value) for value in (11.0, 11.0, 11.0, 9.0, 12.0)])

    weights = picked(units, forecasts, ("a", "b", "c", "d", "median_56"))

    assert weights == pytest.approx([1 / 3, 0.0, 0.0, 1 / 3, 1 / 3])


def test_a_clearly_better_candidate_serves_alone() -> None:
    units = np.full((400, 1), 10.0)
    forecasts = np.stack([np.full((400, 1), value) for value in (10.0, 12.0, 13.0)])

    weights = picked(units, forecasts, ("exact", "other", "median_56"))

    assert weights.tolist() == [1.0, 0.0, 0.0]


def test_trees_that_could_not_learn_at_every_origin_serve_nothing(nights: Rows) -> None:
    early = [*np.unique(nights.night)[[0, 4]].tolist()]
    found = list(backtest.origins(nights, early))
    table = backtest.choose(found).table

    assert np.isnan(found[0].forecasts.boosted.mean).all()
    assert not np.isnan(found[1].forecasts.boosted.mean).any()
    assert "boosting" not in {line.candidate for line in table}


def test_a_class_with_few_cells_takes_the_choice_of_all() -> None:
    draw = np.random.default_rng(1)
    units = draw.poisson(10.0, (1000, 4)).astype(float)
    code = np.where(np.arange(1000) < 5, 1, 0)
    forecasts = np.stack([np.full((1000, 4), value) for value in (12.0, 10.0)])
    forecasts[0, :5] = units[:5]  # by luck
    cells = np.array([3980.0, 20.0, 0, 0, 0])

    def loss(forecast: Floats, rows: Codes) -> float:
        return evaluation.wape(forecast, units[rows])

    weights, _ = picking.pick("median", ("median_56", "better"), forecasts, loss, code, cells)

    assert weights[:2].tolist() == [[0.0, 1.0], [0.0, 1.0]]


@pytest.mark.parametrize(("mean", "least"), [(0.3, 0.88), (2.0, 0.88), (12.0, 0.87)])
def test_the_high_quantile_holds_its_share_of_later_units(mean: float, least: float) -> None:
    draw = np.random.default_rng(2)
    means, code = np.full((400, 28), mean), np.zeros(400, dtype=np.int64)
    known, later = (
        draw.negative_binomial(4.0, 4.0 / (4.0 + mean), means.shape).astype(float) for _ in range(2)
    )

    low, _, high = distribution.fit(means, known, code).quantiles(means, code)

    assert (later <= high).mean() >= least
    if mean >= distribution.WHOLE_BELOW:
        assert evaluation.coverage(low, high, later) == pytest.approx(0.8, abs=0.05)
