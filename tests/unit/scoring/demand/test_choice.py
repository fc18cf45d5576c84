"""The backtest chooses on what was known, and a model that loses to its baseline serves nothing."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.demand import backtest, choice, distribution, evaluation, rows
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


def test_a_candidate_that_loses_to_the_baseline_is_in_no_blend() -> None:
    units = np.full((400, 1), 10.0)
    forecasts = np.stack([np.full((400, 1), value) for value in (10.5, 12.0, 9.0, 20.0)])
    names = ("baseline", "bad", "other", "worse")

    weights, losses = choice.best(names, forecasts, units, evaluation.wape, "baseline")

    assert weights.tolist() == [1.0, 0.0, 0.0, 0.0]
    assert losses["bad"] == pytest.approx(0.2)


def test_three_candidates_that_err_apart_serve_together() -> None:
    draw = np.random.default_rng(0)
    units = draw.poisson(50.0, (2000, 1)).astype(float)
    noise = draw.normal(0.0, 10.0, (4, 2000, 1))
    forecasts = np.maximum(50.0 + noise, 0.0)
    forecasts[3] = 80.0

    weights, losses = choice.best(
        ("one", "two", "three", "baseline"), forecasts, units, evaluation.wape, "baseline"
    )

    assert weights == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0.0])
    assert losses[choice.BLEND] < min(losses["one"], losses["two"], losses["three"])


def test_a_blend_does_not_count_one_forecast_twice() -> None:
    units = np.full((400, 1), 10.0)
    forecasts = np.stack([np.full((400, 1), value) for value in (11.0, 11.0, 11.0, 9.0, 12.0)])

    weights, _ = choice.best(tuple("abcde"), forecasts, units, evaluation.wape, "e")

    assert np.count_nonzero(weights) == 1


def test_a_candidate_without_a_forecast_of_every_cell_does_not_serve() -> None:
    units = np.full((400, 1), 10.0)
    forecasts = np.stack([np.full((400, 1), 12.0), np.full((400, 1), 10.0)])
    forecasts[1, 0] = np.nan

    weights, losses = choice.best(
        ("baseline", "part"), forecasts, units, evaluation.wape, "baseline"
    )

    assert weights.tolist() == [1.0, 0.0]
    assert np.isnan(losses["part"])


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
