"""Pick the candidates of each class by their losses, alone or in a blend. Pure.

A loss is divided by that of the column's baseline. A class with few cells says little, so its
losses are drawn to those of all classes together. The blend of the best three in equal parts
serves, unless the best alone has a clearly smaller loss: the order of near candidates is chance. A
candidate that is worse than the baseline, on the class or as drawn, neither serves nor is in a
blend, and a blend that is worse does not serve. The baseline itself is a candidate. In a class of
fewer than `LEAST_CELLS` cells its own losses are chance, and those as drawn decide alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Codes, Floats
from scoring.demand.candidates import BASELINES
from scoring.demand.classes import CLASSES
from scoring.demand.distribution import LEAST_CELLS

#: The most members of a blend.
BLENDED = 3
BLEND = "blend"
#: The best candidate serves alone with a loss of at most this share of the blend's.
MARGIN = 0.98
#: The weight of the losses of all classes, in cells, against the cells of a class. On the weeks of
#: Online Retail before the measured ones, a choice by the class alone erred more than one for all.
ALL_CELLS = 30_000

#: The loss of forecasts [rows, steps] of the chosen rows.
Loss = Callable[[Floats, Codes], float]


@dataclass(frozen=True, slots=True)
class Line:
    """The loss of a candidate in the backtest.

    Args:
        demand_class: of `CLASSES`, or `all`.
        column: mean, median or interval.
        candidate: its name.
        loss: of the column.
        is_chosen: whether the candidate serves the class, alone or in a blend.
    """

    demand_class: str
    column: str
    candidate: str
    loss: float
    is_chosen: bool


def pick(
    column: str, names: Sequence[str], forecasts: Floats, loss: Loss, code: Codes, cells: Floats
) -> tuple[Floats, list[Line]]:
    """Return the weights of the candidates [classes, names], and their losses.

    Args:
        column: of `BASELINES`; intervals are never blended.
        names: of the candidates.
        forecasts: [names, n, steps], or [names, 2, n, steps] of intervals; NaN = no forecast.
        loss: of the forecasts of some rows.
        code: [n] the class.
        cells: [classes] the known units.
    """
    every = np.arange(len(code))
    baseline = list(names).index(BASELINES[column])
    weights = np.zeros((len(CLASSES), len(names)))
    lines: list[Line] = []

    def losses(rows: Codes, extra: Sequence[Floats]) -> Floats:
        found = [
            np.inf if np.isnan(one).all() else loss(one[..., rows, :], rows)
            for one in (*forecasts, *extra)
        ]
        return np.where(np.isnan(found), np.inf, np.array(found))

    for place, label in [(-1, "all"), *enumerate(CLASSES)]:
        rows = every if place < 0 else np.flatnonzero(code == place)
        share = 1.0 if place < 0 else cells[place] / (cells[place] + ALL_CELLS)
        alone = losses(rows, [])
        relative = _drawn(alone, losses(every, []), share, baseline)
        # the most that a candidate may lose on the class itself
        bound = alone[baseline] if place < 0 or cells[place] >= LEAST_CELLS else np.inf
        better = [
            at
            for at in np.argsort(relative, kind="stable").tolist()
            if relative[at] <= relative[baseline] and alone[at] <= bound
        ]
        members = _distinct(forecasts, better) if column != "interval" else []
        blend = [np.mean(forecasts[members], axis=0)] if len(members) > 1 else []
        own = losses(rows, blend)
        best = better[0]
        chosen = np.eye(len(names))[best]
        is_blend = bool(
            blend
            and own[-1] <= bound
            and _drawn(own, losses(every, blend), share, baseline)[-1] * MARGIN < relative[best]
        )
        if is_blend:
            chosen = np.bincount(members, minlength=len(names)) / len(members)
        if place >= 0:
            weights[place] = chosen
        flags = [*(chosen > 0).tolist(), is_blend]
        lines += [
            Line(label, column, name, float(value), flag)
            for name, value, flag in zip([*names, BLEND], own, flags, strict=False)
            if np.isfinite(value)
        ]
    return weights, lines


def _drawn(own: Floats, every: Floats, share: float, baseline: int) -> Floats:
    """Return the losses of a class over its baseline, drawn to those of all classes."""
    relative: Floats = every / every[baseline]
    if not (0.0 < own[baseline] < np.inf):
        return relative  # the class has no cells, or nothing sold
    if share == 1.0:
        return np.asarray(own / own[baseline], dtype=np.float64)
    drawn: Floats = share * own / own[baseline] + (1.0 - share) * relative
    return drawn


def complete(forecasts: Floats, units: Floats) -> Floats:
    """Return the forecasts, all NaN for a candidate without a forecast of each known cell.

    Trees that could not learn at every origin have forecast other cells than the other candidates.
    """
    is_lacking = np.isnan(forecasts) & ~np.isnan(units)
    axes = tuple(range(1, forecasts.ndim))
    lacks = is_lacking.any(axis=axes, keepdims=True)
    return np.where(lacks, np.nan, forecasts)


def _distinct(forecasts: Floats, order: Sequence[int]) -> list[int]:
    """Return the best candidates for a blend; two methods may be one where periods are weeks."""
    members: list[int] = []
    for at in order:
        is_new = not any(np.array_equal(forecasts[at], forecasts[other]) for other in members)
        if is_new and len(members) < BLENDED:
            members.append(at)
    return members
