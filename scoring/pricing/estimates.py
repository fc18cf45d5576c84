"""Estimate elasticity and uplift of all categories of one merchant. Pure.

A large merchant has several fits, each of whole categories, so that the memory of a fit is bounded.
The elasticities of all fits are drawn to one mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scoring.pricing import elasticity, errors, fitting, response, uplift
from scoring.pricing.elasticity import Elasticity, Own
from scoring.pricing.history import History
from scoring.pricing.statuses import Status
from scoring.pricing.uplift import Uplift


@dataclass(frozen=True, slots=True)
class Measured:
    """The measures of one fit, one of each kind per category, in the order of the codes.

    Args:
        own: elasticity by the data of the category alone.
        uplift: effects of promotions.
        products: number of products that teach.
    """

    own: list[Own]
    uplift: list[Uplift]
    products: list[int]


@dataclass(frozen=True, slots=True)
class Estimates:
    """One elasticity, one uplift and one number of products that teach, per category."""

    elasticity: list[Elasticity]
    uplift: list[Uplift]
    products: list[int]


def measure(history: History, categories: int) -> Measured:
    """Fit a history once, and return the measures of each category.

    Args:
        history: all series of some categories of a merchant.
        categories: number of these categories.
    """
    teaching = history.teaching()
    if not len(teaching.units):
        status = Status.LITTLE_HISTORY
        return Measured(
            [Own.unknown(0, status)] * categories,
            [Uplift.unknown(status)] * categories,
            [0] * categories,
        )
    fit = fitting.fit(teaching, categories)
    scatter = errors.errors(fit)
    products: list[int] = response.all_products(teaching, categories).tolist()
    return Measured(elasticity.measure(fit, scatter), uplift.estimate(fit, scatter), products)


def combine(parts: Sequence[Measured]) -> Estimates:
    """Return the estimates of the categories of several fits, in their order."""
    return Estimates(
        elasticity.shrink([own for part in parts for own in part.own]),
        [found for part in parts for found in part.uplift],
        [count for part in parts for count in part.products],
    )


def estimate(history: History, categories: int) -> Estimates:
    """Return the estimates of each category from one fit; without data it cannot tell.

    Args:
        history: all series of a merchant.
        categories: number of categories.
    """
    return combine([measure(history, categories)])
