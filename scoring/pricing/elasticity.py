"""Estimate the price elasticity of each category from its regular prices. Pure.

The elasticity is the change of the log of expected units per change of the log of the regular
price. Levels of product x channel, the days of the channel and the effects of promotions are fitted
with it. The price of a promotion does not teach it: a promotion moves more than the price.

A category *cannot tell* where fewer than `response.LEAST_PRODUCTS` products moved their regular
price, or where the standard error of its own data is above `LARGEST_ERROR`. A price moved if the
standard deviation of its log over the observed days is at least `response.LEAST_MOVE`.

Categories of several fits are measured fit by fit and shrunken together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoring.pricing import response, shrinkage
from scoring.pricing.errors import Errors, Interval
from scoring.pricing.model import Fit
from scoring.pricing.statuses import Status

LARGEST_ERROR = 1.5


@dataclass(frozen=True, slots=True)
class Own:
    """The elasticity by the data of a category alone.

    Args:
        value: NaN where the category cannot tell.
        error: standard error.
        freedom: degrees of freedom of the error.
        moved_products: number of products whose regular price moved.
        status: why the category can tell, or why it cannot.
    """

    value: float
    error: float
    freedom: float
    moved_products: int
    status: Status

    @classmethod
    def unknown(cls, moved_products: int, status: Status) -> Own:
        """Return the answer of a category that cannot tell."""
        return cls(np.nan, np.nan, np.nan, moved_products, status)


@dataclass(frozen=True, slots=True)
class Elasticity:
    """The elasticity of a category.

    Args:
        shrunken: towards the overall mean of the categories, with bounds of 95 %.
        own: of the category's data alone.
        moved_products: number of products whose regular price moved.
        status: why the category can tell, or why it cannot.
    """

    shrunken: Interval
    own: Interval
    moved_products: int
    status: Status

    @classmethod
    def unknown(cls, own: Own) -> Elasticity:
        """Return the answer of a category that cannot tell."""
        return cls(Interval.unknown(), Interval.unknown(), own.moved_products, own.status)

    @property
    def can_tell(self) -> bool:
        """Whether the price moved enough."""
        return self.shrunken.is_known


def measure(fit: Fit, errors: Errors) -> list[Own]:
    """Return the elasticity of each category by its own data."""
    moved = response.moved_products(fit.history, len(fit.terms))
    products = response.all_products(fit.history, len(fit.terms))
    return [
        _own(fit, errors, code, int(moved[code]), int(products[code]))
        for code in range(len(fit.terms))
    ]


def _own(fit: Fit, errors: Errors, code: int, moved: int, products: int) -> Own:
    error = float(np.sqrt(errors.covariance[code, response.PRICE, response.PRICE]))
    if not products:
        return Own.unknown(moved, Status.LITTLE_HISTORY)
    if not fit.active[code, response.PRICE]:
        return Own.unknown(moved, Status.FEW_PRICE_MOVES)
    if not fit.is_settled:
        return Own.unknown(moved, Status.UNSETTLED)
    if not 0 < error <= LARGEST_ERROR:
        return Own.unknown(moved, Status.UNCERTAIN)
    value, freedom = fit.terms[code, response.PRICE], errors.freedom[code, response.PRICE]
    return Own(float(value), error, float(freedom), moved, Status.OK)


def shrink(measured: Sequence[Own]) -> list[Elasticity]:
    """Return the elasticity of each category, drawn to the mean of all that can tell."""
    value = np.array([own.value for own in measured], dtype=np.float64)
    error = np.array([own.error for own in measured], dtype=np.float64)
    known = np.isfinite(value)
    shrunken, scatter = value.copy(), error.copy()
    shrunken[known], scatter[known] = shrinkage.shrink(value[known], error[known])
    return [
        Elasticity(
            Interval.around(float(shrunken[place]), float(scatter[place]), own.freedom),
            Interval.around(own.value, own.error, own.freedom),
            own.moved_products,
            own.status,
        )
        if known[place]
        else Elasticity.unknown(own)
        for place, own in enumerate(measured)
    ]
