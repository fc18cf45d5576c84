"""Each column of a forecast is measured by its own measure, on known units only."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.demand import evaluation

UNITS = np.array([[2.0, 4.0, np.nan], [0.0, 6.0, 3.0]])


def test_unknown_units_count_in_no_measure() -> None:
    forecast = np.array([[3.0, 4.0, 99.0], [0.0, 3.0, 3.0]])

    assert evaluation.wape(forecast, UNITS) == pytest.approx(4 / 15)
    assert evaluation.bias(forecast, UNITS) == pytest.approx(-2 / 15)
    assert evaluation.pinball(forecast, UNITS, 0.9) == pytest.approx((0.1 * 1 + 0.9 * 3) / 15)
    assert evaluation.coverage(forecast - 1, forecast + 1, UNITS) == pytest.approx(4 / 5)


def test_the_error_of_a_mean_is_that_of_its_sum_over_the_periods() -> None:
    apart = np.array([[4.0, 2.0, 0.0], [3.0, 3.0, 3.0]])

    assert evaluation.rmsse(apart, UNITS, np.ones(2)) == pytest.approx(0.0)
    assert evaluation.rmsse(UNITS + 1.0, UNITS, np.ones(2)) == pytest.approx(
        np.sqrt((4 / 4 + 9 / 6) / 2)
    )
