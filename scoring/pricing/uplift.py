"""Estimate what promotions add, against the units expected without a promotion. Pure.

Gross uplift is the share of the base that the promoted days gain. Cannibalisation is the share of
the same base that other products of the category lose in the channel on these days. Pull-forward is
the share that the promoted series loses in the weeks after. Net uplift is gross uplift minus both.
The base is what the model expects of the same series on the same days without any promotion.

A category *cannot tell* where fewer than `response.LEAST_PRODUCTS` products had a promotion; it
cannot tell cannibalisation and net uplift where fewer products were sold beside one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.pricing import response
from scoring.pricing.errors import Errors, Interval
from scoring.pricing.model import Fit
from scoring.pricing.statuses import Status


@dataclass(frozen=True, slots=True)
class Uplift:
    """The effects of the promotions of a category, as shares of the base of the promoted days.

    Args:
        gross: gained on the promoted days.
        cannibalisation: lost by other products of the category and channel.
        pull_forward: lost by the series in `response.AFTER_WEEKS` weeks after.
        net: gross minus both.
        base: expected pieces of the promoted days without the promotion.
        promoted_products: number of products with an observed promotion.
        status: why the category can tell gross uplift and pull-forward, or why it cannot.
        net_status: the same of cannibalisation and net uplift.
    """

    gross: Interval
    cannibalisation: Interval
    pull_forward: Interval
    net: Interval
    base: float
    promoted_products: int
    status: Status
    net_status: Status

    @classmethod
    def unknown(cls, status: Status, promoted_products: int = 0, base: float = 0.0) -> Uplift:
        """Return the answer of a category that cannot tell."""
        none = Interval.unknown()
        return cls(none, none, none, none, base, promoted_products, status, status)


def estimate(fit: Fit, errors: Errors) -> list[Uplift]:
    """Return the effects of the promotions of each category."""
    count = response.promoted_products(fit.history, len(fit.terms))
    products = response.all_products(fit.history, len(fit.terms))
    return [
        _of_category(fit, errors, code, int(count[code]))
        if products[code]
        else Uplift.unknown(Status.LITTLE_HISTORY)
        for code in range(len(fit.terms))
    ]


def _of_category(fit: Fit, errors: Errors, code: int, products: int) -> Uplift:
    history, term = fit.history, fit.terms[code]
    chosen = (history.category == code)[:, None] & history.promoted & history.is_observed
    base, depth = fit.base[chosen], history.depth[chosen]
    if not fit.active[code, response.PROMOTED]:
        return Uplift.unknown(Status.FEW_PROMOTIONS, products, float(base.sum()))
    if not fit.is_settled:
        return Uplift.unknown(Status.UNSETTLED, products, float(base.sum()))
    factor = np.exp(term[response.PROMOTED] + term[response.DEPTH] * depth)
    slopes = np.zeros((4, response.TERMS))
    slopes[0, response.PROMOTED] = (base * factor).sum() / base.sum()
    slopes[0, response.DEPTH] = (base * factor * depth).sum() / base.sum()
    slopes[1, response.OTHERS] = 1.0
    slopes[2, response.AFTER] = 1.0
    slopes[3] = slopes[0] - slopes[1] - slopes[2]
    gross = slopes[0, response.PROMOTED] - 1.0
    others = term[response.OTHERS]
    after = term[response.AFTER].sum()
    values = [gross, others, after, gross - others - after]
    freedom = errors.freedom[code]
    degrees = [
        freedom[response.PROMOTED],
        freedom[response.OTHERS],
        freedom[response.AFTER].min(),
        freedom[response.PROMOTED],
    ]
    scatter = np.sqrt(np.einsum("kt,tu,ku->k", slopes, errors.covariance[code], slopes))
    parts = [
        Interval.around(float(value), float(error), float(degree))
        for value, error, degree in zip(values, scatter, degrees, strict=True)
    ]
    net_status = Status.OK
    if not fit.active[code, response.OTHERS]:
        parts[1] = parts[3] = Interval.unknown()
        net_status = Status.FEW_OTHERS
    gained, others_lost, later_lost, net = parts
    total = float(base.sum())
    return Uplift(gained, others_lost, later_lost, net, total, products, Status.OK, net_status)
