"""Set up one step of the fit: eliminate levels and days, and leave equations of the terms. Pure.

The levels of a series act on that series alone, so each series is eliminated by itself. The days of
a channel are eliminated next. What is left couples the terms of all categories.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Codes, Floats
from scoring.pricing import response
from scoring.pricing.model import Fit

_ROWS = 256  # series that are eliminated at a time


@dataclass(frozen=True, slots=True)
class Rows:
    """Some series with their levels eliminated; n series, all of one channel.

    Args:
        series: [n] index.
        root: [n, K, K] lower root of the curvature of the levels.
        days: [n, K, D] weighted basis over the root.
        slopes: [n, D, TERMS].
        weight: [n, D] expected units, 0 where not observed.
        error: [n, D] observed minus expected units, 0 where not observed.
        level: [n, K] gradient of the levels over the root.
        terms: [n, K, TERMS] weighted basis and slopes over the root.
    """

    series: Codes
    root: Floats
    days: Floats
    slopes: Floats
    weight: Floats
    error: Floats
    level: Floats
    terms: Floats

    @property
    def own_error(self) -> Floats:
        """The error of each day that the levels do not explain: [n, D]."""
        error: Floats = self.error - np.einsum("nkd,nk->nd", self.days, self.level)
        return error


@dataclass(frozen=True, slots=True)
class System:
    """The equations of the terms, after levels and days are eliminated; P = N x TERMS.

    Args:
        rows: chunks of series.
        borders: [C, D, P] days of each term, over the curvature of the days.
        days: [C, D] gradient of the days, over their curvature.
        curvature: [P, P] of the terms.
        gradient: [P] of the terms.
    """

    rows: list[Rows]
    borders: Floats
    days: Floats
    curvature: Floats
    gradient: Floats


def system(state: Fit) -> System:
    """Eliminate levels and days at the state, and return the equations of the terms."""
    history, terms = state.history, state.terms
    width, days = terms.size, history.units.shape[1]
    base = state.base
    exposure = response.expose(history, base, terms)
    channels = len(state.effects.day)
    rows: list[Rows] = []
    borders, day_steps = np.zeros((channels, days, width)), np.zeros((channels, days))
    curvature, gradient = np.zeros((width, width)), np.zeros(width)
    for channel in range(channels):
        matrix = np.zeros((days, days))
        chunks = [
            _eliminated(state, base, exposure, part)
            for part in _parts(np.flatnonzero(history.channel == channel))
        ]
        border, day = np.zeros((days, width)), np.zeros(days)
        for chunk in chunks:
            flat = chunk.days.reshape(-1, days)
            matrix -= flat.T @ flat
            matrix[np.diag_indices(days)] += chunk.weight.sum(axis=0)
            day += chunk.own_error.sum(axis=0)
            _add_terms(chunk, history.category[chunk.series], border, curvature, gradient)
        scale = max(sum(chunk.weight.sum() for chunk in chunks) / days, 1e-12)
        matrix += scale * state.penalty.day
        day -= scale * state.penalty.day @ state.effects.day[channel]
        solved = np.linalg.solve(matrix, np.column_stack([border, day]))
        borders[channel], day_steps[channel] = solved[:, :-1], solved[:, -1]
        curvature -= border.T @ borders[channel]
        gradient -= border.T @ day_steps[channel]
        rows += chunks
    return System(rows, borders, day_steps, curvature, gradient)


def _parts(series: Codes) -> list[Codes]:
    return [series[first : first + _ROWS] for first in range(0, len(series), _ROWS)]


def _eliminated(state: Fit, base: Floats, exposure: response.Exposure, series: Codes) -> Rows:
    basis, seen = state.basis, state.history.is_observed[series]
    splines = basis.shape[1]
    weight = np.where(seen, base[series] * exposure.factor[series], 0.0)
    error = np.where(seen, state.history.units[series], 0.0) - weight
    squares = (basis[:, :, None] * basis[:, None, :]).reshape(len(basis), -1)
    penalty = state.penalty.level[series]
    root = _root((weight @ squares).reshape(-1, splines, splines) + penalty)
    slopes = exposure.slopes[series]
    pull = error @ basis - np.einsum("nkl,nl->nk", penalty, state.effects.level[series])
    terms = np.matmul((weight[:, :, None] * basis).transpose(0, 2, 1), slopes)
    return Rows(
        series=series,
        root=root,
        days=_solved(root, basis.T * weight[:, None, :]),
        slopes=slopes,
        weight=weight,
        error=error,
        level=_solved(root, pull[:, :, None])[:, :, 0],
        terms=_solved(root, terms),
    )


def _root(matrix: Floats) -> Floats:
    root = np.linalg.cholesky(matrix)
    return root.astype(np.float64, copy=False)


def _solved(root: Floats, right: Floats) -> Floats:
    solved = np.linalg.solve(root, right)
    return solved.astype(np.float64, copy=False)


def _add_terms(
    chunk: Rows, category: Codes, border: Floats, curvature: Floats, gradient: Floats
) -> None:
    """Add the terms of each category to the equations, without what the levels explain."""
    weighted = chunk.weight[:, :, None] * chunk.slopes
    for code in np.unique(category):
        rows, own = category == code, slice(code * response.TERMS, (code + 1) * response.TERMS)
        level, slopes, part = chunk.terms[rows], chunk.slopes[rows], weighted[rows]
        curvature[own, own] += np.tensordot(slopes, part, axes=((0, 1), (0, 1)))
        curvature[own, own] -= np.tensordot(level, level, axes=((0, 1), (0, 1)))
        gradient[own] += np.tensordot(slopes, chunk.error[rows], axes=((0, 1), (0, 1)))
        gradient[own] -= np.tensordot(level, chunk.level[rows], axes=((0, 1), (0, 1)))
        border[:, own] += part.sum(axis=0)
        border[:, own] -= np.tensordot(chunk.days[rows], level, axes=((0, 1), (0, 1)))
