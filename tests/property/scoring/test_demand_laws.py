"""Columns and classical forecasts of demand keep their laws for any series."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from features.platform.arrays import Floats
from scoring.demand.methods import METHODS
from tests.demand import a_forecast, a_history, the_past

#: Methods on logs follow a scale only where units are many.
LEVELS = [name for name in METHODS if "log" not in name]


@st.composite
def units(draw: st.DrawFn) -> Floats:
    """Draw the units of three series in some weeks; at least one is above 0."""
    weeks = draw(st.integers(8, 80))
    rate = draw(st.sampled_from([0.2, 1.0, 20.0]))
    sold = np.random.default_rng(draw(st.integers(0, 2**32))).poisson(rate, (3, weeks))
    sold[:, 0] += 1
    return sold.astype(np.float64)


@settings(max_examples=20)
@given(units(), st.sampled_from(LEVELS), st.sampled_from([0.5, 3.0, 100.0]))
def test_twice_the_units_are_twice_the_forecast(sold: Floats, name: str, factor: float) -> None:
    one = a_forecast(name, the_past(a_history(sold, period=7)), 4, 7)
    other = a_forecast(name, the_past(a_history(sold * factor, period=7)), 4, 7)

    np.testing.assert_allclose(
        np.maximum(other, factor * 1e-3), np.maximum(one * factor, factor * 1e-3)
    )


@settings(max_examples=20)
@given(units(), st.sampled_from(METHODS), st.sampled_from([1, 7]))
def test_a_forecast_is_a_number_and_never_below_0(sold: Floats, name: str, period: int) -> None:
    ahead = a_forecast(name, the_past(a_history(sold, period=period)), 28, period)

    assert ahead.shape == (3, 28)
    assert (ahead >= 0).all()


@settings(max_examples=20)
@given(units(), st.data())
def test_a_day_without_stock_has_the_same_columns_whatever_it_would_have_sold(
    sold: Floats, data: st.DataObject
) -> None:
    day = data.draw(st.integers(1, sold.shape[1] - 1))
    out = np.zeros(sold.shape)
    out[:, day] = 1.0
    closed = sold.copy()
    closed[:, day] = 0.0

    # the shelf is empty: a mean of the other days is the same mean with that day left out
    past = the_past(a_history(closed, out=out))
    recent = np.delete(closed, day, axis=1) if day >= sold.shape[1] - 56 else closed
    expected = recent[:, -(56 - (day >= sold.shape[1] - 56)) :].mean(axis=1)

    np.testing.assert_allclose(past["units_56"], expected)


@settings(max_examples=20)
@given(units(), st.permutations([0, 1, 2]))
def test_the_order_of_series_changes_no_row(sold: Floats, order: list[int]) -> None:
    straight = the_past(a_history(sold)).matrix
    permuted = the_past(a_history(sold[order])).matrix

    np.testing.assert_array_equal(permuted, straight[order])
