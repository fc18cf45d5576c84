"""Measure how far the terms scatter: errors that are robust to clusters of one product. Pure.

Days of one product deviate together, in all its channels. The errors come from the jackknife over
products in its one-step form: each product is left out of the equations of its category (CR3;
MacKinnon, Nielsen and Webb, Cluster-robust inference, 2023). Products of other categories act
through the days of the channels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from features.platform.arrays import Codes, Floats
from scoring.pricing import response
from scoring.pricing.equations import Rows, System, system
from scoring.pricing.model import Fit

LEVEL = 0.95
_FLOOR = 1e-9


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its bounds of 95 %; NaN where the data cannot tell."""

    value: float
    low: float
    high: float

    @classmethod
    def around(cls, value: float, error: float, freedom: float) -> Interval:
        """Return the interval of Student's t around a value."""
        reach = float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * error
        return cls(value, value - reach, value + reach)

    @classmethod
    def unknown(cls) -> Interval:
        """Return the interval of a value that the data cannot tell."""
        return cls(np.nan, np.nan, np.nan)

    @property
    def is_known(self) -> bool:
        """Whether the data can tell the value."""
        return bool(np.isfinite(self.value))

    def holds(self, value: float) -> bool:
        """Return whether the value lies between the bounds."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Errors:
    """The scatter of the terms of N categories.

    Args:
        covariance: [N, TERMS, TERMS]; 0 where a term is not active.
        freedom: [N, TERMS] degrees of freedom, from the products that carry a term.
    """

    covariance: Floats
    freedom: Floats


def errors(fit: Fit) -> Errors:
    """Return the scatter of the terms of a fit."""
    equations, history = system(fit), fit.history
    active = fit.active.ravel()
    inverse = np.zeros((active.size, active.size))
    chosen = np.ix_(active, active)
    inverse[chosen] = np.linalg.pinv(equations.curvature[chosen], rcond=1e-10, hermitian=True)
    products, product = np.unique(history.product, return_inverse=True)
    scores, bread = _by_product(fit, equations, product, len(products))
    moves = scores @ inverse
    of_product = np.zeros(len(products), dtype=np.int64)
    of_product[product] = history.category
    categories, terms = fit.terms.shape
    covariance = np.zeros((categories, terms, terms))
    freedom = np.ones((categories, terms))
    for code in np.flatnonzero(fit.active.any(axis=1)):
        on, own = fit.active[code], of_product == code
        place = np.flatnonzero(on) + code * terms
        whole = np.linalg.pinv(inverse[np.ix_(place, place)], hermitian=True).astype(np.float64)
        parts = bread[own][:, on][:, :, on]
        left_out = moves[:, place]
        left_out[own] = _without(whole, parts, scores[own][:, place])
        count = max(int(own.sum()), 2)
        covariance[code][np.ix_(on, on)] = left_out.T @ left_out * (count - 1) / count
        freedom[code][on] = _freedom(parts)
    return Errors(covariance, freedom)


def _without(whole: Floats, parts: Floats, scores: Floats) -> Floats:
    """Return the change of the terms when each product is left out: [products, terms]."""
    count = len(whole)
    floor = _FLOOR * np.trace(whole) / count * np.eye(count)
    moves: Floats = np.linalg.solve(whole - parts + floor, scores[:, :, None])[:, :, 0]
    return moves


def _freedom(parts: Floats) -> Floats:
    """Return the degrees of freedom: the effective number of products, minus 1."""
    weight = np.einsum("gkk->gk", parts)
    share = weight / np.maximum(weight.sum(axis=0), 1e-300)
    equal = 1.0 / np.maximum((share**2).sum(axis=0), 1.0 / len(parts))
    freedom: Floats = np.maximum(equal - 1.0, 1.0)
    return freedom


def _by_product(fit: Fit, equations: System, product: Codes, count: int) -> tuple[Floats, Floats]:
    """Return scores [products, P] and the own curvature [products, TERMS, TERMS]."""
    terms = response.TERMS
    scores = np.zeros((count, fit.terms.size))
    bread = np.zeros((count, terms, terms))
    for chunk in equations.rows:
        border = equations.borders[fit.history.channel[chunk.series[0]]]
        category = fit.history.category[chunk.series]
        rows = -(chunk.own_error @ border)
        own = np.einsum("nd,ndt->nt", chunk.error, chunk.slopes)
        own -= np.einsum("nk,nkt->nt", chunk.level, chunk.terms)
        place = category[:, None] * terms + np.arange(terms)
        np.add.at(rows, (np.arange(len(rows))[:, None], place), own)
        np.add.at(scores, product[chunk.series], rows)
        by_category = border.reshape(len(border), -1, terms).transpose(1, 0, 2)
        np.add.at(bread, product[chunk.series], _curvature(chunk, by_category[category]))
    return scores, bread


def _curvature(chunk: Rows, border: Floats) -> Floats:
    """Return the curvature of the terms of each series, without levels and days: [n, T, T]."""
    slopes = chunk.slopes - border
    level = chunk.terms - np.matmul(chunk.days, border)
    weighted = (chunk.weight[:, :, None] * slopes).transpose(0, 2, 1)
    curvature: Floats = np.matmul(weighted, slopes) - np.matmul(level.transpose(0, 2, 1), level)
    return curvature
