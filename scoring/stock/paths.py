"""Simulate the demand of products, day by day and path by path. Pure.

The demand of a period is a sum over a path. Quantiles of days are never added up: the sum of the
days' upper quantiles lies far above the upper quantile of the sum.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features.platform.arrays import Floats, Integers
from scoring.models.dispersion import Dispersion
from scoring.stock.draws import Keys, Purpose, gamma_values, generator, strata

#: Paths per product. With 256, a probability of 0.05 has a standard error of 0.014.
PATHS = 256
WEEK = 7

Paths = NDArray[np.int64]  # [P, T, N] pieces


def extended(means: Floats, days: int) -> Floats:
    """Return the means of more days than the forecast has; its last week repeats: [P, days].

    Args:
        means: [P, H], H >= 1.
        days: as many as a plan needs.
    """
    horizon = means.shape[1]
    week = min(WEEK, horizon)
    beyond = np.arange(horizon, max(days, horizon))
    source = np.concatenate([np.arange(horizon), horizon - week + (beyond - horizon) % week])
    return means[:, source[:days]]


def simulate(
    means: Floats,
    dispersion: Dispersion,
    keys: Keys,
    days: Integers,
    *,
    seed: int,
    paths: int = PATHS,
) -> Paths:
    """Return the demand of each product, day ahead and path: [P, T, N] pieces.

    Args:
        means: [P, T] pieces a day, >= 0.
        dispersion: [P] of each product's class.
        keys: [P] of the products.
        days: [P] the days that a product needs, at most T; its later days have no demand.
        seed: of the plan.
        paths: N.
    """
    levels = gamma_values(np.ones(len(keys)), np.sqrt(dispersion.level), paths)
    level = np.take_along_axis(levels, strata(keys, paths, Purpose.LEVEL, seed), axis=1)
    demand = np.zeros((*means.shape, paths), dtype=np.int64)
    # the days of a product come from its own generator, whatever the chunk is
    for product, key in enumerate(keys):
        random, last = generator(seed, int(key), Purpose.DAYS), int(days[product])
        rate = np.multiply.outer(means[product, :last], level[product])
        daily = float(dispersion.daily[product])
        if daily > 0:
            rate *= random.standard_gamma(1.0 / daily, rate.shape) * daily
        demand[product, :last] = random.poisson(rate)
    return demand
