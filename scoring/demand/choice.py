"""Choose per class which candidates serve each column, by their losses in the backtest. Pure.

The mean has the least sum of scaled error and absolute bias, the median the least WAPE, and the
interval the least pinball loss. The choice is the best candidate, or the blend of the three best in
equal parts if its loss is smaller. A candidate that does not beat the baseline of its column is in
no blend, and the baseline itself is a candidate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Codes, Floats
from scoring.demand import distribution, evaluation
from scoring.demand.candidates import (
    BASELINES,
    DISTRIBUTION,
    INTERVALS,
    MEDIAN_NAMES,
    NAMES,
    Candidates,
)
from scoring.demand.classes import CLASSES
from scoring.demand.distribution import Spread
from scoring.demand.past import HIGH, LOW

#: The members of a blend.
BLENDED = 3
BLEND = "blend of three"
#: A class with fewer cells in the backtest takes the choice of all classes.
LEAST_CELLS = 300

Loss = Callable[[Floats, Floats], float]


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


@dataclass(frozen=True, slots=True)
class Choice:
    """The candidates that serve each class.

    Args:
        mean: [classes, names] the weight of each candidate.
        median: [classes, median names] the weight of each candidate.
        interval: [classes] index in `INTERVALS`.
        spread: of the distribution around the mean.
        shifts: [classes, scales, 2] by which the interval of the trees moves, in roots of the mean.
        table: the losses of all candidates.
    """

    mean: Floats
    median: Floats
    interval: Codes
    spread: Spread
    shifts: Floats
    table: tuple[Line, ...]


def choose(candidates: Candidates, units: Floats, variance: Floats) -> Choice:
    """Return the choice by the losses of forecasts that did not know the units.

    Args:
        candidates: of n series-nights.
        units: [n, steps] that followed, NaN = not known.
        variance: [n] of the units of a period.
    """
    lines: list[Line] = []
    code = candidates.code

    def weights(column: str, names: Sequence[str], forecasts: Floats) -> Floats:
        found = np.zeros((len(CLASSES), len(names)))
        for place, rows in _parts(code, units):
            loss = (
                (lambda one, sold, scale=variance[rows]: evaluation.mean_loss(one, sold, scale))
                if column == "mean"
                else evaluation.wape
            )
            chosen, losses = best(names, forecasts[:, rows], units[rows], loss, BASELINES[column])
            lines.extend(_lines(place, column, losses, names, chosen))
            found[_classes(place)] = chosen
        return found

    mean = weights("mean", NAMES, candidates.means())
    served = blended(candidates.means(), mean, code)
    spread = distribution.fit(served, units, code)
    low, middle, high = spread.quantiles(served, code)
    medians = np.concatenate([candidates.medians(), middle[None]])
    median = weights("median", MEDIAN_NAMES, medians)
    shifts = _shifts(candidates, served, units)
    moved = shifted(candidates, served, shifts)
    intervals = np.stack([candidates.empirical, np.stack([low, high]), moved])
    interval = np.zeros(len(CLASSES), dtype=np.int64)
    for place, rows in _parts(code, units):
        chosen, losses = best(
            INTERVALS, intervals[:, :, rows], units[rows], _interval_loss, BASELINES["interval"]
        )
        interval[_classes(place)] = int(np.argmax(chosen))
        lines.extend(_lines(place, "interval", losses, INTERVALS, chosen))
    return Choice(mean, median, interval, spread, shifts, tuple(lines))


def default() -> Choice:
    """Return the choice without a backtest: the shrunk level, and its distribution."""
    classes, scales = len(CLASSES), len(distribution.SCALES) + 1
    weight = np.array([name == "shrunk_mean" for name in NAMES], dtype=np.float64)
    median = np.array([name == DISTRIBUTION for name in MEDIAN_NAMES], dtype=np.float64)
    levels = np.tile(np.array(distribution.SHARES), (classes, scales, 1))
    return Choice(
        mean=np.tile(weight, (classes, 1)),
        median=np.tile(median, (classes, 1)),
        interval=np.full(classes, INTERVALS.index(DISTRIBUTION), dtype=np.int64),
        spread=Spread(np.full(classes, 1.2), np.full(classes, 0.2), levels),
        shifts=np.zeros((classes, scales, 2)),
        table=(),
    )


def best(
    names: Sequence[str], forecasts: Floats, units: Floats, loss: Loss, baseline: str
) -> tuple[Floats, dict[str, float]]:
    """Return the weights of the best candidate or blend, and the loss of each.

    Args:
        names: of the candidates.
        forecasts: [names, n, steps], or [names, 2, n, steps] of intervals; NaN = no forecast.
        units: [n, steps].
        loss: of forecasts and units.
        baseline: the name of the candidate that others must beat.
    """
    is_known = np.broadcast_to(~np.isnan(units), forecasts.shape[1:])
    losses = {
        # trees that could not learn at every origin have forecast fewer cells than the others
        name: float("nan") if np.isnan(one[is_known]).any() else loss(one, units)
        for name, one in zip(names, forecasts, strict=True)
    }
    finite = np.array([_finite(value) for value in losses.values()])
    order = np.argsort(finite, kind="stable").tolist()
    weights = np.eye(len(names))[order[0]]
    bar = finite[list(names).index(baseline)]
    members = _distinct(forecasts, [at for at in order if finite[at] < bar])
    if len(members) == BLENDED and len(names) > BLENDED:
        losses[BLEND] = loss(forecasts[members].mean(axis=0), units)
        if losses[BLEND] < finite[order[0]]:
            weights = np.zeros(len(names))
            weights[members] = 1.0 / BLENDED
    return weights, losses


def _distinct(forecasts: Floats, order: Sequence[int]) -> list[int]:
    """Return the best candidates for a blend; two methods may be one where periods are weeks."""
    members: list[int] = []
    for at in order:
        is_new = not any(np.array_equal(forecasts[at], forecasts[other]) for other in members)
        if is_new and len(members) < BLENDED:
            members.append(at)
    return members


def blended(forecasts: Floats, weights: Floats, code: Codes) -> Floats:
    """Return the forecast that serves each row: [n, steps].

    Args:
        forecasts: [names, n, steps].
        weights: [classes, names].
        code: [n] the class.
    """
    answer = np.zeros(forecasts.shape[1:])
    for place, forecast in enumerate(forecasts):
        weight = weights[code, place][:, None]
        answer += np.where(weight > 0, weight * forecast, 0.0)
    return answer


def shifted(candidates: Candidates, mean: Floats, shifts: Floats) -> Floats:
    """Return the interval of the trees, moved by what the backtest shows: [2, n, steps].

    The method is conformalised quantile regression (Romano, Patterson and Candès 2019), with the
    error in roots of the mean.
    """
    moves = shifts[candidates.code[:, None], distribution.scale_of(mean)]
    root = np.sqrt(mean + 1.0)
    low = candidates.boosted.low + moves[..., 0] * root
    high = candidates.boosted.high + moves[..., 1] * root
    return np.maximum(np.stack([low, high]), 0.0)


def _shifts(candidates: Candidates, mean: Floats, units: Floats) -> Floats:
    scale = distribution.scale_of(mean)
    codes = np.broadcast_to(candidates.code[:, None], scale.shape)
    root = np.sqrt(mean + 1.0)
    is_known = ~np.isnan(units) & ~np.isnan(candidates.boosted.low)
    shifts = np.zeros((len(CLASSES), len(distribution.SCALES) + 1, 2))
    for side, (quantile, share) in enumerate(
        ((candidates.boosted.low, LOW), (candidates.boosted.high, HIGH))
    ):
        error = (units - quantile) / root
        for each in range(len(CLASSES)):
            of_class = is_known & (codes == each)
            shifts[each, :, side] = _quantile(error[of_class], share, 0.0)
            for part in range(shifts.shape[1]):
                chosen = of_class & (scale == part)
                otherwise = shifts[each, part, side]
                shifts[each, part, side] = _quantile(error[chosen], share, otherwise)
    return shifts


def _quantile(error: Floats, share: float, otherwise: float) -> float:
    return float(np.quantile(error, share)) if len(error) >= LEAST_CELLS else otherwise


def _parts(code: Codes, units: Floats) -> list[tuple[int, Codes]]:
    """Return the rows of all classes, as -1, and of each class with enough cells."""
    parts = [(-1, np.arange(len(code)))]
    for place in range(len(CLASSES)):
        rows = np.flatnonzero(code == place)
        if np.count_nonzero(~np.isnan(units[rows])) >= LEAST_CELLS:
            parts.append((place, rows))
    return parts


def _classes(place: int) -> Codes:
    """Return the classes that a part decides; later parts overwrite that of all classes."""
    return np.arange(len(CLASSES)) if place < 0 else np.array([place])


def _lines(
    place: int,
    column: str,
    losses: dict[str, float],
    names: Sequence[str],
    weights: Floats,
) -> list[Line]:
    is_blend = bool(np.count_nonzero(weights) > 1)
    chosen = {name for name, weight in zip(names, weights, strict=True) if weight > 0}
    label = "all" if place < 0 else CLASSES[place]
    return [
        Line(label, column, name, loss, name in chosen or (is_blend and name == BLEND))
        for name, loss in losses.items()
        if np.isfinite(loss)
    ]


def _interval_loss(pair: Floats, units: Floats) -> float:
    low, high = pair
    return evaluation.pinball(low, units, LOW) + evaluation.pinball(high, units, HIGH)


def _finite(loss: float) -> float:
    return loss if np.isfinite(loss) else np.inf
