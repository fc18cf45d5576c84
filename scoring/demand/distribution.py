"""Put a distribution of counts around a mean, with a spread that the backtest shows. Pure.

The counts are negative binomial: their variance is `linear` times the mean plus `square` times the
squared mean. Its quantiles are then recalibrated (Kuleshov, Fenner and Ermon 2018). Where 12 % of
the units of the backtest lay below the quantile of 10 %, another level is asked for. The levels are
learnt per class of series and per scale of the mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls
from scipy.stats import nbinom

from features.platform.arrays import Codes, Flags, Floats
from scoring.demand.classes import CLASSES
from scoring.demand.past import HIGH, LOW

#: The quantiles that are served, in order.
SHARES = (LOW, 0.5, HIGH)
#: A mean from this on has quantiles between whole numbers. Below it a quantile is the whole number
#: that holds at least its share, because a fraction of a piece cannot be sold.
WHOLE_BELOW = 5.0
#: The upper bounds of the scales of the mean with levels of their own.
SCALES = (0.2, 1.0, 5.0, 20.0, 100.0)
#: A class or a scale with fewer cells takes the values of all.
LEAST_CELLS = 300
_LEAST_MEAN = 1e-6
_ROUNDS = 3
_MOST_LEVEL = 0.995


@dataclass(frozen=True, slots=True)
class Spread:
    """The spread of units around a mean, per class.

    Args:
        linear: [classes] variance per mean.
        square: [classes] variance per squared mean.
        levels: [classes, scales, quantiles] the level asked for to reach each of `SHARES`.
    """

    linear: Floats
    square: Floats
    levels: Floats

    def variance(self, mean: Floats, code: Codes) -> Floats:
        """Return the variance of each cell: [n, steps].

        Args:
            mean: [n, steps].
            code: [n] the class.
        """
        variance: Floats = (
            self.linear[code][:, None] * mean + self.square[code][:, None] * mean * mean
        )
        return np.maximum(variance, 1.0001 * mean)

    def quantiles(self, mean: Floats, code: Codes) -> tuple[Floats, Floats, Floats]:
        """Return the quantiles of `SHARES`: [n, steps] each."""
        above = np.maximum(mean, _LEAST_MEAN)
        variance = self.variance(above, code)
        levels = self.levels[code[:, None], scale_of(above)]
        low, middle, high = (
            quantile(above, variance, levels[..., place]) for place in range(len(SHARES))
        )
        return low, middle, high


def fit(mean: Floats, units: Floats, code: Codes) -> Spread:
    """Learn the spread from forecasts that did not know the units.

    Args:
        mean: [n, steps].
        units: [n, steps], NaN = not known.
        code: [n] the class.
    """
    classes = len(CLASSES)
    above = np.maximum(mean, _LEAST_MEAN)
    every = _dispersion(above.ravel(), units.ravel())
    linear, square = np.full(classes, every[0]), np.full(classes, every[1])
    for each in range(classes):
        chosen = code == each
        if np.count_nonzero(~np.isnan(units[chosen])) >= LEAST_CELLS:
            linear[each], square[each] = _dispersion(above[chosen].ravel(), units[chosen].ravel())
    levels = np.tile(np.array(SHARES), (classes, len(SCALES) + 1, 1))
    plain = Spread(linear, square, levels)
    place = _places(above, plain.variance(above, code), units)
    return Spread(linear, square, _levels(place, scale_of(above), code, ~np.isnan(units)))


def scale_of(mean: Floats) -> Codes:
    """Return the index of the scale of each mean, in the shape of the mean."""
    scale: Codes = np.searchsorted(np.array(SCALES), mean, side="right").astype(np.int64)
    return scale


def quantile(mean: Floats, variance: Floats, level: Floats) -> Floats:
    """Return the quantile of a level; between whole numbers where the mean is large enough.

    A quantile k lies in the half pieces around k, at the level's share of the probability of k.
    """
    size, chance = _parameters(mean, variance)
    whole = nbinom.ppf(level, size, chance)
    mass = nbinom.pmf(whole, size, chance)
    below = nbinom.cdf(whole - 1.0, size, chance)
    part = np.divide(level - below, mass, out=np.full(mean.shape, 0.5), where=mass > 0)
    between = np.maximum(whole - 0.5 + np.clip(part, 0.0, 1.0), 0.0)
    chosen: Floats = np.where(mean >= WHOLE_BELOW, between, whole)
    return chosen


def _dispersion(mean: Floats, units: Floats) -> tuple[float, float]:
    """Return the variance per mean and per squared mean, by weighted least squares."""
    is_known = ~np.isnan(units)
    mean, units = mean[is_known], units[is_known]
    if len(mean) < 2:
        return 1.0, 0.0
    squares = (units - mean) ** 2 / mean
    # one huge order would set the spread of all
    squares = np.minimum(squares, np.quantile(squares, _MOST_LEVEL))
    linear, square = 1.0, 0.1
    for _ in range(_ROUNDS):
        weight = 1.0 / (linear + square * mean + 0.1)
        terms = np.column_stack([weight, weight * mean])
        linear, square = nnls(terms, weight * squares)[0].tolist()
    return float(linear), float(square)


def _places(mean: Floats, variance: Floats, units: Floats) -> Floats:
    """Return the level at which the units lie in their distribution: [n, steps].

    Whole units cover a range of levels. Their place in it is a draw, as evenly as the levels.
    """
    size, chance = _parameters(mean, variance)
    sold = np.floor(np.nan_to_num(units))
    share = np.random.default_rng(0).random(mean.shape)
    place: Floats = nbinom.cdf(sold - 1.0, size, chance) + share * nbinom.pmf(sold, size, chance)
    return place


def _levels(place: Floats, scale: Codes, code: Codes, is_known: Flags) -> Floats:
    """Return the level for each class, scale and quantile."""
    codes = np.broadcast_to(code[:, None], scale.shape)
    every = _asked(place[is_known], np.array(SHARES))
    levels = np.tile(every, (len(CLASSES), len(SCALES) + 1, 1))
    for each in range(len(CLASSES)):
        of_class = is_known & (codes == each)
        levels[each] = _asked(place[of_class], every)
        for part in range(len(SCALES) + 1):
            levels[each, part] = _asked(place[of_class & (scale == part)], levels[each, part])
    return levels


def _asked(place: Floats, otherwise: Floats) -> Floats:
    if len(place) < LEAST_CELLS:
        return otherwise
    return np.clip(np.quantile(place, SHARES), 1.0 - _MOST_LEVEL, _MOST_LEVEL)


def _parameters(mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Return the size and the chance of a negative binomial distribution."""
    chance = np.clip(mean / variance, 1e-6, 1.0 - 1e-6)
    return mean * chance / (1.0 - chance), chance
