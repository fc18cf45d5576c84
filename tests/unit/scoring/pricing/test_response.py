"""Elasticity and uplift of a made merchant are found, or the answer is that they cannot be told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scoring.pricing import response
from scoring.pricing.estimates import Estimates, estimate
from tests.pricing import CATEGORIES, Market, a_history, with_units

TRUE = Market()


@pytest.fixture(scope="module")
def found() -> Estimates:
    """Estimate the usual merchant once."""
    return estimate(a_history(TRUE), CATEGORIES)


def test_the_elasticity_is_found_within_a_useful_interval(found: Estimates) -> None:
    for category in found.elasticity:
        assert category.own.holds(TRUE.elasticity)
        assert category.own.high - category.own.low < 1.0


def test_net_uplift_is_gross_uplift_less_what_others_and_later_days_lose(found: Estimates) -> None:
    for category in found.uplift:
        assert category.cannibalisation.low > 0
        assert category.net.high < category.gross.value
        assert category.net.value == pytest.approx(
            category.gross.value - category.cannibalisation.value - category.pull_forward.value
        )


def test_the_intervals_of_many_merchants_hold_the_truth_as_often_as_they_say() -> None:
    net = TRUE.lift - TRUE.others - TRUE.later
    held = [
        interval.holds(truth)
        for seed in range(3, 8)
        for category in estimate(a_history(TRUE, seed=seed), CATEGORIES).uplift
        for interval, truth in (
            (category.gross, TRUE.lift),
            (category.cannibalisation, TRUE.others),
            (category.pull_forward, TRUE.later),
            (category.net, net),
        )
    ]

    assert np.mean(held) >= 0.9


def test_the_interval_of_a_merchant_without_losses_holds_zero() -> None:
    found = estimate(a_history(Market(others=0.0, later=0.0), seed=2), CATEGORIES)

    for category in found.uplift:
        assert category.cannibalisation.holds(0.0)
        assert category.pull_forward.holds(0.0)
        assert category.gross.low > 0


def test_a_price_that_did_not_move_cannot_tell_although_promotions_did() -> None:
    found = estimate(a_history(Market(price_step=0.0)), CATEGORIES)

    assert not any(category.can_tell for category in found.elasticity)
    assert all(category.moved_products == 0 for category in found.elasticity)
    assert all(category.gross.is_known for category in found.uplift)


def test_prices_of_too_few_products_cannot_tell() -> None:
    history = a_history(TRUE)
    few = history.product >= 2 * (response.LEAST_PRODUCTS - 1)
    price = np.where(few[:, None] & ~history.promoted, 5.0, history.price)

    found = estimate(replace(history, price=price), CATEGORIES)

    assert [category.moved_products for category in found.elasticity] == [3, 3]
    assert not any(category.can_tell for category in found.elasticity)


def test_a_merchant_without_promotions_has_an_elasticity_and_no_uplift() -> None:
    history = a_history(Market(lift=0.0, others=0.0, later=0.0))
    regular = np.exp(history.log_regular_price)
    none = replace(history, price=regular, promoted=np.zeros_like(history.promoted))

    found = estimate(none, CATEGORIES)

    assert all(category.can_tell for category in found.elasticity)
    assert not any(category.gross.is_known for category in found.uplift)
    assert all(category.promoted_products == 0 for category in found.uplift)


def test_missing_days_widen_the_interval_and_do_not_move_it_as_zeros_would(
    found: Estimates,
) -> None:
    history = a_history(TRUE)
    out = history.promoted & (np.random.default_rng(5).random(history.units.shape) < 0.5)

    missing = estimate(with_units(history, np.where(out, np.nan, history.units)), CATEGORIES)
    zeros = estimate(with_units(history, np.where(out, 0.0, history.units)), CATEGORIES)

    for with_gaps, with_zeros, full in zip(missing.uplift, zeros.uplift, found.uplift, strict=True):
        assert with_gaps.gross.holds(full.gross.value)
        assert with_zeros.gross.value < full.gross.value - 0.4


def test_a_merchant_with_nothing_to_teach_cannot_tell() -> None:
    history = a_history(TRUE)

    found = estimate(with_units(history, np.zeros_like(history.units)), CATEGORIES)

    assert not any(category.can_tell for category in found.elasticity)
    assert not any(category.net.is_known for category in found.uplift)


def test_a_category_without_series_cannot_tell_beside_one_that_can() -> None:
    found = estimate(a_history(TRUE), CATEGORIES + 1)

    assert [category.can_tell for category in found.elasticity] == [True, True, False]
    assert [category.gross.is_known for category in found.uplift] == [True, True, False]
