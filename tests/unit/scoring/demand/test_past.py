"""The columns of a night describe observed demand, and nothing that the night does not know."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.demand.history import State
from scoring.demand.past import COLUMNS
from tests.demand import MONDAY, a_history, a_promotion, the_past


def test_a_steady_series_has_its_units_as_every_mean() -> None:
    past = the_past(a_history(np.full(500, 3.0)))

    for name in ("units_7", "units_364", "median_56", "week_median_8", "level_10", "year_ago_56"):
        assert past[name] == pytest.approx(3.0)
    assert past["log_level_30"] == pytest.approx(np.log(4.0))
    assert past["age_days"] == 419
    assert past["adi_364"] == 1
    assert past["cv2_364"] == 0
    assert past["slope_56"] == pytest.approx(0.0)


def test_days_without_stock_do_not_act_as_zeros() -> None:
    units, out = np.full(60, 4.0), np.zeros(60)
    units[40:50], out[40:50] = 0.0, 1.0

    past = the_past(a_history(units, out=out))

    assert past["units_28"] == pytest.approx(4.0)
    assert past["level_30"] == pytest.approx(4.0)
    assert past["week_median_8"] == pytest.approx(4.0)
    assert past["observed_days_56"] == 46
    assert past["out_share_56"] == pytest.approx(10 / 56)


def test_a_day_with_stock_for_a_part_of_it_does_not_lower_a_level() -> None:
    units, partial = np.full(60, 4.0), np.zeros(60)
    units[55], partial[55] = 1.0, 1.0

    past = the_past(a_history(units, partial=partial))

    assert past["units_7"] == pytest.approx(4.0)
    assert past["partial_share_56"] == pytest.approx(1 / 56)


def test_an_unknown_stock_is_demand_but_is_not_known() -> None:
    history = a_history(np.full(30, 2.0))
    history.state[:] = State.UNKNOWN

    past = the_past(history)

    assert past["units_28"] == pytest.approx(2.0)
    assert past["is_stock_known"] == 0


def test_a_mean_begins_with_the_first_sale() -> None:
    past = the_past(a_history(np.r_[np.zeros(50), np.full(10, 5.0)]))

    assert past["units_56"] == pytest.approx(5.0)
    assert past["age_days"] == 9


def test_the_quantiles_of_eight_weeks_lie_between_neighbouring_values() -> None:
    draw = np.random.default_rng(0)
    units = draw.poisson(4.0, 70).astype(float)
    out = np.zeros(70)
    out[60:63] = 1.0

    past = the_past(a_history(units, out=out))

    seen = np.r_[units[14:60], units[63:]]
    assert past["low_56"] == pytest.approx(np.quantile(seen, 0.1))
    assert past["median_56"] == pytest.approx(np.median(seen))
    assert past["high_56"] == pytest.approx(np.quantile(seen, 0.9))


def test_a_series_without_units_has_no_columns() -> None:
    past = the_past(a_history(np.vstack([np.zeros(30), np.ones(30)])))

    assert past.series.tolist() == [1]


def test_intermittent_demand_has_its_interval_and_its_size() -> None:
    past = the_past(a_history(np.tile([0.0, 0.0, 0.0, 2.0], 30)))

    assert past["adi_364"] == pytest.approx(117 / 30)
    assert past["croston_interval_10"] == pytest.approx(4.0)
    assert past["tsb_size_10"] == pytest.approx(2.0)
    assert past["days_since_sale"] == 0
    assert past["zero_share_28"] == pytest.approx(0.75)


def test_a_weekday_has_its_mean_and_its_newest_units() -> None:
    units = np.ones(70)
    units[5::7] = 8.0  # Saturdays
    units[68] = 15.0

    past = the_past(a_history(units))

    assert past["weekday_0"] == pytest.approx(1.0)
    assert past["weekday_5"] == pytest.approx((7 * 8 + 15) / 8)
    assert past["newest_weekday_5"] == 15.0


def test_a_category_is_the_sum_of_its_series_since_it_began() -> None:
    units = np.vstack([np.full(100, 2.0), np.full(100, 3.0), np.full(100, 7.0)])

    past = the_past(a_history(units, category=[0, 0, 1]))

    assert past["category_units_364"] == pytest.approx([5.0, 5.0, 7.0])
    assert past["merchant_units_28"] == pytest.approx([12.0] * 3)
    assert past["category_series_28"].tolist() == [2, 2, 1]
    assert np.isnan(past["category_year_ago_28"]).all()


def test_a_promotion_announced_after_the_night_is_in_no_column() -> None:
    units = np.full(60, 2.0)
    night = the_past(a_history(units, promotions=a_promotion(62, 70, known=60)))
    later = the_past(a_history(units, promotions=a_promotion(62, 70, known=59)))
    none = the_past(a_history(units))

    np.testing.assert_array_equal(night.matrix, none.matrix)
    assert later["promotion_1_first"] == 3
    assert later["promotion_1_last"] == 11
    assert later["promotion_1_discount"] == pytest.approx(0.2)


def test_the_discount_of_a_running_promotion_refers_to_the_price_before_it() -> None:
    price = np.r_[np.full(50, 10.0), np.full(10, 8.0)]
    running = a_promotion(50, 65, known=45)

    past = the_past(a_history(np.full(60, 2.0), price=price, promotions=running))

    assert past["price"] == pytest.approx(8.0)
    assert past["promotion_1_discount"] == pytest.approx(0.2)
    assert past["promoted_share_56"] == pytest.approx(10 / 56)
    assert past["promoted_lift_364"] == pytest.approx(1.0)


def test_weeks_as_periods_give_the_columns_of_weeks() -> None:
    weeks = np.array([4.0, 8.0, 6.0, 5.0, 9.0, 7.0, 6.0, 8.0, 12.0])

    past = the_past(a_history(weeks, period=7))

    assert past["week_median_8"] == pytest.approx(np.median(weeks[-8:]))
    assert past["units_28"] == pytest.approx(weeks[-4:].mean())
    assert past["night_day"] == MONDAY + 9 * 7 - 1
    assert past["age_days"] == 56
    assert np.isnan(past["weekday_0"]).all()


def test_later_periods_change_no_column_of_a_night() -> None:
    draw = np.random.default_rng(0)
    units = draw.poisson(1.5, (5, 200)).astype(float)
    changed = units.copy()
    changed[:, 150:] = 99.0

    before, after = (the_past(a_history(matrix), 149) for matrix in (units, changed))

    np.testing.assert_array_equal(before.matrix, after.matrix)
    assert before.matrix.shape == (5, len(COLUMNS))
