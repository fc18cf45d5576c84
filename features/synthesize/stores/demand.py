"""Draw the demand of each series and day around its expectation: whole pieces before censoring."""

from __future__ import annotations

import numpy as np

from features.synthesize.plan import Plan
from features.synthesize.randomness import F64, I64
from features.synthesize.stores.draws import Draw, draws
from features.synthesize.stores.series import Series

_SMALLEST_ORDER = 1.5  # mean pieces of an order that a weak day keeps


def draw(plan: Plan, series: Series, expected: F64) -> I64:
    """Return the pieces that customers want: [S, D].

    Pieces of most series follow a Poisson distribution with a gamma mixture. A lumpy series has an
    order by chance, of one piece and a mixed number of further pieces.
    """
    rng = draws(plan, Draw.DEMAND)
    is_lumpy = series.orders_per_day > 0
    demand = np.empty(expected.shape[::-1], np.int64)
    for day, mean in enumerate(np.ascontiguousarray(expected.T)):
        demand[day] = _day(rng, series, is_lumpy, mean)
    return np.ascontiguousarray(demand.T)


def _day(rng: np.random.Generator, series: Series, is_lumpy: np.ndarray, mean: F64) -> I64:
    chance = np.where(is_lumpy, np.minimum(series.orders_per_day, mean / _SMALLEST_ORDER), 1.0)
    size = np.divide(mean, chance, out=np.zeros_like(mean), where=chance > 0)
    further = np.where(is_lumpy, np.maximum(size - 1, 0.0), size)
    mixed = rng.standard_gamma(series.shape) * further / series.shape
    pieces = is_lumpy + rng.poisson(mixed)
    wanted: I64 = np.where(rng.random(len(mean)) < chance, pieces, 0)
    return wanted
