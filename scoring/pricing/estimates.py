"""Estimate elasticity and uplift of all categories of one merchant from one fit. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from scoring.pricing import elasticity, errors, fitting, uplift
from scoring.pricing.elasticity import Elasticity
from scoring.pricing.history import History
from scoring.pricing.uplift import Uplift


@dataclass(frozen=True, slots=True)
class Estimates:
    """One elasticity and one uplift per category, in the order of the codes."""

    elasticity: list[Elasticity]
    uplift: list[Uplift]


def estimate(history: History, categories: int) -> Estimates:
    """Return the estimates of each category; a category without data cannot tell.

    Args:
        history: all series of a merchant.
        categories: number of categories.
    """
    teaching = history.teaching()
    if not len(teaching.units):
        return Estimates(
            [Elasticity.unknown(0)] * categories,
            [Uplift.unknown(0)] * categories,
        )
    fit = fitting.fit(teaching, categories)
    scatter = errors.errors(fit)
    return Estimates(elasticity.estimate(fit, scatter), uplift.estimate(fit, scatter))
