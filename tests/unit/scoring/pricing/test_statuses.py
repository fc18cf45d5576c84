"""A category that cannot tell says why; categories of several fits are drawn to one mean."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scoring.pricing import elasticity, fitting
from scoring.pricing.elasticity import Own
from scoring.pricing.errors import Errors, errors
from scoring.pricing.estimates import combine, estimate, measure
from scoring.pricing.model import Fit
from scoring.pricing.statuses import Status
from tests.pricing import CATEGORIES, Market, a_history, with_units

HISTORY = a_history(Market(), days=196, products=10)


@pytest.fixture(scope="module")
def fitted() -> tuple[Fit, Errors]:
    """Fit the merchant once."""
    fit = fitting.fit(HISTORY, CATEGORIES)
    return fit, errors(fit)


def test_a_category_that_can_tell_everything_is_ok() -> None:
    found = estimate(HISTORY, CATEGORIES)

    assert [each.status for each in found.elasticity] == [Status.OK] * CATEGORIES
    assert [(each.status, each.net_status) for each in found.uplift] == [
        (Status.OK, Status.OK)
    ] * CATEGORIES
    assert found.products == [10] * CATEGORIES


def test_a_category_without_enough_sales_has_little_history() -> None:
    none = with_units(HISTORY, np.where(HISTORY.category[:, None] == 0, 0.0, HISTORY.units))

    found = estimate(none, CATEGORIES)

    assert found.elasticity[0].status is Status.LITTLE_HISTORY
    assert found.uplift[0].status is Status.LITTLE_HISTORY
    assert found.products == [0, 10]
    nothing = estimate(with_units(HISTORY, np.zeros_like(HISTORY.units)), CATEGORIES)
    assert {each.status for each in nothing.elasticity} == {Status.LITTLE_HISTORY}


def test_prices_that_stay_and_products_without_promotions_are_named() -> None:
    still = replace(HISTORY, price=np.full_like(HISTORY.price, 5.0))
    still = replace(still, promoted=np.zeros_like(HISTORY.promoted))

    found = estimate(still, CATEGORIES)

    assert {each.status for each in found.elasticity} == {Status.FEW_PRICE_MOVES}
    assert {each.status for each in found.uplift} == {Status.FEW_PROMOTIONS}
    assert {each.net_status for each in found.uplift} == {Status.FEW_PROMOTIONS}


def test_net_uplift_is_unknown_where_few_products_are_sold_beside_a_promotion() -> None:
    # all products are promoted on the same days
    together = replace(HISTORY, promoted=np.broadcast_to(HISTORY.promoted[0], HISTORY.units.shape))

    found = estimate(together, CATEGORIES)

    assert {each.net_status for each in found.uplift} == {Status.FEW_OTHERS}
    assert all(not each.net.is_known for each in found.uplift)


def test_a_large_error_and_a_fit_that_does_not_settle_are_named(
    fitted: tuple[Fit, Errors],
) -> None:
    fit, scatter = fitted
    wide = replace(scatter, covariance=scatter.covariance * 1e4)

    uncertain = elasticity.measure(fit, wide)
    unsettled = elasticity.measure(replace(fit, change=1.0), scatter)

    assert {own.status for own in uncertain} == {Status.UNCERTAIN}
    assert {own.status for own in unsettled} == {Status.UNSETTLED}
    assert not any(each.can_tell for each in elasticity.shrink([*uncertain, *unsettled]))


def test_the_categories_of_several_fits_are_drawn_to_the_mean_of_all() -> None:
    values = [Own(value, 0.4, 20.0, 8, Status.OK) for value in (-3.0, -1.5, -1.4, -0.2)]
    unknown = Own.unknown(1, Status.FEW_PRICE_MOVES)

    found = elasticity.shrink([*values, unknown])

    mean = np.mean([own.value for own in values])
    assert all(
        abs(each.shrunken.value - mean) < abs(own.value - mean)
        for each, own in zip(found, values, strict=False)
    )
    assert [each.own.value for each in found[:4]] == [own.value for own in values]
    assert found[4].status is Status.FEW_PRICE_MOVES


def test_fits_of_single_categories_keep_the_order_of_the_categories() -> None:
    parts = [
        measure(replace(part, category=np.zeros_like(part.category)), 1)
        for code in range(CATEGORIES)
        for part in [HISTORY.take(HISTORY.category == code)]
    ]

    found = combine(parts)

    assert len(found.elasticity) == len(found.uplift) == CATEGORIES
    assert [each.own.value for each in found.elasticity] == [part.own[0].value for part in parts]
