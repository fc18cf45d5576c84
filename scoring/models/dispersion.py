"""Fit how far demand scatters around its forecast, and how alike the days of one path are. Pure.

Demand of a day is Poisson with the rate `mean x level x day`. Both factors are gamma distributed
with mean 1. The factor `level` is shared by all days of a path: it is the forecast's error and the
reason why the deviations of days add up. The factor `day` is new each day. So a day's demand is
negative binomial given the level, and a sum of days has more variance than independent days have.

The variances of both factors are estimated by moments from the errors of a backtest: products of
errors of different days give that of the level, and squares of errors give the total.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from features.platform.arrays import Codes, Floats

#: Rows that a class needs for numbers of its own; a smaller class has those of all classes.
CLASS_ROWS = 30
LARGEST = 50.0  # variance of a factor
#: The variances of a forecast whose model has not fitted them: daily and level.
USUAL = (0.4, 0.1)


@dataclass(frozen=True, slots=True)
class Dispersion:
    """The variances of the two factors, per class or per product: each array is [n].

    Args:
        daily: of the factor that is new each day.
        level: of the factor that all days of a path share.
    """

    daily: Floats
    level: Floats

    @classmethod
    def usual(cls, rows: int) -> Self:
        """Return the usual variances of n classes or products."""
        daily, level = USUAL
        return cls(np.full(rows, daily), np.full(rows, level))

    def take(self, codes: Codes) -> Dispersion:
        """Return the variances of products by the code of their class."""
        return Dispersion(self.daily[codes], self.level[codes])

    def correlation(self, mean: float) -> Floats:
        """Return the correlation of two days with the same mean, in pieces a day: [n]."""
        total = (1.0 + self.level) * (1.0 + self.daily) - 1.0
        correlation: Floats = self.level * mean / (1.0 + total * mean)
        return correlation


def of_sums(series: Dispersion, means: Floats, product: Codes, products: int) -> Dispersion:
    """Return the dispersion of products, each the sum of its series.

    Variances of days add up, because channels scatter apart. Errors of levels are taken as shared
    by the channels of a product, which is the careful side.

    Args:
        series: [S] of the series.
        means: [S] pieces a day, >= 0.
        product: [S] the product of each series, from 0.
        products: their number P.
    """
    total = np.bincount(product, means, products)
    square = np.where(total > 0, total, 1.0) ** 2
    level = np.bincount(product, np.sqrt(series.level) * means, products) ** 2 / square
    both = (1.0 + series.daily) * (1.0 + series.level) - 1.0
    apart = np.bincount(product, both * means**2, products) / square
    # of the shared level, the days already hold the part within each series
    shared = level - np.bincount(product, series.level * means**2, products) / square
    daily = (1.0 + apart + shared) / (1.0 + level) - 1.0
    return Dispersion(np.maximum(daily, 0.0), level)


def fit(actual: Floats, mean: Floats, codes: Codes, classes: int) -> Dispersion:
    """Return the dispersion of each class.

    Args:
        actual: [n, H] pieces; NaN = missing or censored.
        mean: [n, H] the forecast's mean of the same days.
        codes: [n] the class of each row.
        classes: their number.

    Raises:
        ValueError: no row has two known days with a mean above 0.
    """
    known = np.isfinite(actual) & np.isfinite(mean)
    means = np.where(known, mean, 0.0)
    error = np.where(known, np.where(known, actual, 0.0) - means, 0.0)
    days = known.sum(axis=1)
    usable = (days >= 2) & (means.sum(axis=1) > 0)
    if not usable.any():
        raise ValueError("no row of the backtest has two known days: fit on more origins")
    means, error, codes = means[usable], error[usable], codes[usable]
    # rows with many pieces shall not decide alone, nor rows with hardly any
    usual = means.sum(axis=1) / days[usable]
    weight = 1.0 / (usual * (1.0 + usual))
    squares = (means**2).sum(axis=1)
    terms = np.stack(
        [
            (error**2).sum(axis=1) - means.sum(axis=1),
            squares,
            error.sum(axis=1) ** 2 - (error**2).sum(axis=1),
            means.sum(axis=1) ** 2 - squares,
        ]
    )
    sums = np.stack([np.bincount(codes, weight * term, classes) for term in terms])
    is_small = np.bincount(codes, minlength=classes) < CLASS_ROWS
    sums[:, is_small] = sums.sum(axis=1, keepdims=True)
    total = np.clip(sums[0] / sums[1], 0.0, LARGEST)
    level = np.clip(sums[2] / np.maximum(sums[3], 1e-12), 0.0, total)
    return Dispersion(np.clip((1.0 + total) / (1.0 + level) - 1.0, 0.0, LARGEST), level)
