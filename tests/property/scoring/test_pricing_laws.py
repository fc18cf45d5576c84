"""Elasticity and uplift keep the laws of ratios: no unit, no currency and no order matters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.pricing.estimates import Estimates, estimate
from scoring.pricing.history import History
from scoring.pricing.shrinkage import shrink
from tests.pricing import CATEGORIES, Market, a_history

HISTORY = a_history(Market(), days=196, products=10)
SERIES = len(HISTORY.units)


def numbers(found: Estimates) -> np.ndarray:
    intervals = [
        interval
        for elasticity, uplift in zip(found.elasticity, found.uplift, strict=True)
        for interval in (
            elasticity.shrunken,
            elasticity.own,
            uplift.gross,
            uplift.cannibalisation,
            uplift.pull_forward,
            uplift.net,
        )
    ]
    return np.array([[interval.value, interval.low, interval.high] for interval in intervals])


USUAL = numbers(estimate(HISTORY, CATEGORIES))


@settings(max_examples=6, deadline=None)
@given(st.floats(0.01, 1000.0), st.floats(0.01, 1000.0))
def test_the_unit_of_pieces_and_the_currency_change_nothing(units: float, price: float) -> None:
    scaled = replace(HISTORY, units=HISTORY.units * units, price=HISTORY.price * price)

    assert numbers(estimate(scaled, CATEGORIES)) == pytest.approx(USUAL, abs=0.01)


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_price_level_of_each_product_changes_nothing(seed: int) -> None:
    factor = np.exp(np.random.default_rng(seed).normal(0.0, 1.0, SERIES))
    scaled = replace(HISTORY, price=HISTORY.price * factor[:, None])

    assert numbers(estimate(scaled, CATEGORIES)) == pytest.approx(USUAL, abs=0.01)


@settings(max_examples=4, deadline=None)
@given(st.permutations(range(SERIES)))
def test_the_order_of_series_changes_nothing(order: list[int]) -> None:
    found = estimate(HISTORY.take(np.array(order)), CATEGORIES)

    assert numbers(found) == pytest.approx(USUAL, abs=0.01)


@given(
    st.lists(
        st.tuples(st.floats(-5.0, 5.0), st.floats(0.05, 3.0)),
        min_size=1,
        max_size=12,
    )
)
def test_a_shrunken_value_lies_between_its_own_and_the_range_of_all(
    pairs: list[tuple[float, float]],
) -> None:
    value, error = np.array(pairs).T

    shrunken, scatter = shrink(value, error)

    assert (shrunken >= value.min() - 1e-9).all()
    assert (shrunken <= value.max() + 1e-9).all()
    assert (scatter > 0).all()


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.0, 0.02, 0.5, 1.0]),
    st.sampled_from([0.0, 0.3, 1.0]),
    st.sampled_from([0.0, 0.1, 30.0]),
    st.sampled_from([1, 60, 130]),
)
def test_odd_sales_have_bounds_in_order_or_cannot_tell(
    seed: int, promoted: float, missing: float, units: float, days: int
) -> None:
    rng, series = np.random.default_rng(seed), 16
    pieces = rng.poisson(rng.gamma(0.3, units / 0.3, (series, days))).astype(np.float64)
    pieces[rng.random(pieces.shape) < missing] = np.nan
    price = rng.choice([0.0, 1e-4, 3.0, 1e6, np.nan], pieces.shape)
    history = History(
        pieces,
        price,
        rng.random(pieces.shape) < promoted,
        rng.integers(0, series, series),
        rng.integers(0, 2, series),
        np.zeros(series, dtype=np.int64),
    )

    bounds = numbers(estimate(history, 1))

    is_known = np.isfinite(bounds[:, 0])
    assert (bounds[is_known, 1] <= bounds[is_known, 0]).all()
    assert (bounds[is_known, 0] <= bounds[is_known, 2]).all()
    assert np.isnan(bounds[~is_known]).all()
