"""Choose per class which candidates serve each column, by their losses in the backtest. Pure.

The mean has the least sum of scaled error and absolute bias, the median the least WAPE, and the
interval the least pinball loss. The same errors show how far demand scatters around the mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Codes, Floats
from scoring.demand import distribution, evaluation
from scoring.demand.boosting import Boosted
from scoring.demand.candidates import (
    DISTRIBUTION,
    INTERVALS,
    MEDIAN_NAMES,
    NAMES,
    Candidates,
)
from scoring.demand.classes import CLASSES
from scoring.demand.distribution import LEAST_CELLS, Spread
from scoring.demand.past import HIGH, LOW
from scoring.demand.picking import Line, complete, pick
from scoring.models import dispersion
from scoring.models.dispersion import Dispersion


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
        scatter: [classes] of demand around the mean; None in a model from before it was fitted.
    """

    mean: Floats
    median: Floats
    interval: Codes
    spread: Spread
    shifts: Floats
    table: tuple[Line, ...]
    scatter: Dispersion | None


def choose(candidates: Candidates, units: Floats, variance: Floats) -> Choice:
    """Return the choice by the losses of forecasts that did not know the units.

    Args:
        candidates: of n series-nights.
        units: [n, steps] that followed, NaN = not known.
        variance: [n] of the units of a period.
    """
    code = candidates.code
    known = np.count_nonzero(~np.isnan(units), axis=1).astype(np.float64)
    cells = np.bincount(code, known, len(CLASSES)).astype(np.float64)

    def mean_loss(forecast: Floats, rows: Codes) -> float:
        return evaluation.mean_loss(forecast, units[rows], variance[rows])

    def median_loss(forecast: Floats, rows: Codes) -> float:
        return evaluation.wape(forecast, units[rows])

    def interval_loss(pair: Floats, rows: Codes) -> float:
        low = evaluation.pinball(pair[0], units[rows], LOW)
        return low + evaluation.pinball(pair[1], units[rows], HIGH)

    means = complete(candidates.means(), units)
    mean, lines = pick("mean", NAMES, means, mean_loss, code, cells)
    served = blended(means, mean, code)
    middle, low_high, moved = _unseen(candidates, served, units)
    medians = complete(np.concatenate([candidates.medians(), middle[None]]), units)
    median, of_median = pick("median", MEDIAN_NAMES, medians, median_loss, code, cells)
    intervals = np.stack([candidates.empirical, low_high, moved])
    weights, of_interval = pick(
        "interval", INTERVALS, complete(intervals, units), interval_loss, code, cells
    )
    table = (*lines, *of_median, *of_interval)
    return Choice(
        mean,
        median,
        np.argmax(weights, axis=1),
        distribution.fit(served, units, code),
        _shifts(candidates.code, candidates.boosted, served, units),
        table,
        _scatter(units, served, code),
    )


def _unseen(candidates: Candidates, mean: Floats, units: Floats) -> tuple[Floats, Floats, Floats]:
    """Return median and interval of the distribution, and the interval of the trees, all unseen.

    Each half of the rows has the spread and the shifts of the other half: with its own it would
    compete with knowledge of the units. Rows are ordered by origin, so a half is a time.
    """
    middle = np.empty_like(mean)
    pair, moved = np.empty((2, *mean.shape)), np.empty((2, *mean.shape))
    for half in np.array_split(np.arange(len(mean)), 2):
        others = np.setdiff1d(np.arange(len(mean)), half)
        code = candidates.code
        spread = distribution.fit(mean[others], units[others], code[others])
        low, middle[half], high = spread.quantiles(mean[half], code[half])
        pair[:, half] = low, high
        shifts = _shifts(code[others], candidates.boosted.take(others), mean[others], units[others])
        moved[:, half] = shifted(code[half], candidates.boosted.take(half), mean[half], shifts)
    return middle, pair, moved


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
        scatter=Dispersion.usual(classes),
    )


def _scatter(units: Floats, mean: Floats, code: Codes) -> Dispersion:
    """Return the scatter of each class, or the usual one where no series has two known days."""
    known = np.isfinite(units) & np.isfinite(mean)
    is_usable = (known.sum(axis=1) >= 2) & (np.where(known, mean, 0.0).sum(axis=1) > 0)
    if not is_usable.any():
        return Dispersion.usual(len(CLASSES))
    return dispersion.fit(units, mean, code, len(CLASSES))


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


def shifted(code: Codes, boosted: Boosted, mean: Floats, shifts: Floats) -> Floats:
    """Return the interval of the trees, moved by what the backtest shows: [2, n, steps].

    The method is conformalised quantile regression (Romano, Patterson and Candès 2019), with the
    error in roots of the mean.
    """
    moves = shifts[code[:, None], distribution.scale_of(mean)]
    root = np.sqrt(mean + 1.0)
    low = boosted.low + moves[..., 0] * root
    high = boosted.high + moves[..., 1] * root
    return np.maximum(np.stack([low, high]), 0.0)


def _shifts(code: Codes, boosted: Boosted, mean: Floats, units: Floats) -> Floats:
    scale = distribution.scale_of(mean)
    codes = np.broadcast_to(code[:, None], scale.shape)
    root = np.sqrt(mean + 1.0)
    is_known = ~np.isnan(units) & ~np.isnan(boosted.low)
    shifts = np.zeros((len(CLASSES), len(distribution.SCALES) + 1, 2))
    for side, (quantile, share) in enumerate(((boosted.low, LOW), (boosted.high, HIGH))):
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
