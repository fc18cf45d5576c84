"""Fit levels, days and terms together by Poisson quasi-likelihood. Pure.

Pieces of a day are often 0, so a regression of log pieces would lose the days without a sale. The
Poisson quasi-likelihood fits the same log-log model on all days, and needs no Poisson scatter
(Santos Silva and Tenreyro, The Log of Gravity, 2006). Newton's method solves it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from features.platform.arrays import Floats
from scoring.pricing import levels, response
from scoring.pricing.equations import system
from scoring.pricing.history import History
from scoring.pricing.model import Fit

_STEPS = 40
_TOLERANCE = 1e-4
_LARGEST_STEP = 1.0  # of a level, a day or a term; all are logs or shares


def fit(history: History, categories: int) -> Fit:
    """Fit a history.

    Args:
        history: series that teach.
        categories: N, their number.

    Raises:
        ValueError: no series teaches.
    """
    if not len(history.units):
        raise ValueError("no series has enough observed days with a sale to fit a response")
    basis = levels.basis(history.units.shape[1])
    splines = basis.shape[1]
    state = Fit(
        history,
        basis,
        levels.penalty(history, splines),
        levels.start(history, basis),
        np.zeros((categories, response.TERMS)),
        response.active_terms(history, categories),
    )
    for _ in range(_STEPS):
        state = _stepped(state)
        if state.change < _TOLERANCE:
            break
    return state


def _stepped(state: Fit) -> Fit:
    """Return the state after one step of Newton's method."""
    equations, active = system(state), state.active.ravel()
    step = np.zeros(active.size)
    chosen = np.ix_(active, active)
    step[active] = np.linalg.lstsq(
        equations.curvature[chosen], equations.gradient[active], rcond=1e-10
    )[0]
    day = equations.days - equations.borders @ step
    by_category = step.reshape(state.terms.shape)
    level = np.zeros_like(state.effects.level)
    for chunk in equations.rows:
        own = by_category[state.history.category[chunk.series]]
        pull = chunk.level - chunk.days @ day[state.history.channel[chunk.series[0]]]
        pull -= np.einsum("nkt,nt->nk", chunk.terms, own)
        level[chunk.series] = np.linalg.solve(chunk.root.transpose(0, 2, 1), pull[:, :, None])[
            :, :, 0
        ]
    limited = [_limited(values) for values in (level, day, by_category)]
    seen = state.history.is_observed
    change = level @ state.basis.T + day[state.history.channel]
    size = max(float(np.abs(change[seen]).max(initial=0.0)), float(np.abs(step).max(initial=0.0)))
    effects = replace(
        state.effects,
        level=state.effects.level + limited[0],
        day=state.effects.day + limited[1],
    )
    return replace(state, effects=effects, terms=state.terms + limited[2], change=size)


def _limited(step: Floats) -> Floats:
    """Return the steps of each row, none above the largest step: Newton's first steps overshoot."""
    size = np.abs(step).max(axis=1, initial=0.0, keepdims=True)
    limited: Floats = step * np.minimum(1.0, _LARGEST_STEP / np.maximum(size, 1e-300))
    return limited
