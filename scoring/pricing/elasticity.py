"""Estimate the price elasticity of each category from its regular prices. Pure.

The elasticity is the change of the log of expected units per change of the log of the regular
price. Levels of product x channel, the days of the channel and the effects of promotions are fitted
with it. The price of a promotion does not teach it: a promotion moves more than the price.

A category *cannot tell* where fewer than `response.LEAST_PRODUCTS` products moved their regular
price, or where the standard error of its own data is above `LARGEST_ERROR`. A price moved if the
standard deviation of its log over the observed days is at least `response.LEAST_MOVE`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.pricing import response, shrinkage
from scoring.pricing.errors import Errors, Interval
from scoring.pricing.model import Fit

LARGEST_ERROR = 1.5


@dataclass(frozen=True, slots=True)
class Elasticity:
    """The elasticity of a category.

    Args:
        shrunken: towards the overall mean of the categories, with bounds of 95 %.
        own: of the category's data alone.
        moved_products: number of products whose regular price moved.
    """

    shrunken: Interval
    own: Interval
    moved_products: int

    @classmethod
    def unknown(cls, moved_products: int) -> Elasticity:
        """Return the answer of a category that cannot tell."""
        return cls(Interval.unknown(), Interval.unknown(), moved_products)

    @property
    def can_tell(self) -> bool:
        """Whether the price moved enough."""
        return self.shrunken.is_known


def estimate(fit: Fit, errors: Errors) -> list[Elasticity]:
    """Return the elasticity of each category."""
    moved = response.moved_products(fit.history, len(fit.terms))
    value = fit.terms[:, response.PRICE]
    error = np.sqrt(errors.covariance[:, response.PRICE, response.PRICE])
    freedom = errors.freedom[:, response.PRICE]
    known = fit.active[:, response.PRICE] & (error > 0) & (error <= LARGEST_ERROR)
    known &= fit.is_settled
    shrunken, scatter = value.copy(), error.copy()
    shrunken[known], scatter[known] = shrinkage.shrink(value[known], error[known])
    return [
        Elasticity(
            Interval.around(float(shrunken[code]), float(scatter[code]), float(freedom[code])),
            Interval.around(float(value[code]), float(error[code]), float(freedom[code])),
            int(moved[code]),
        )
        if known[code]
        else Elasticity.unknown(int(moved[code]))
        for code in range(len(value))
    ]
