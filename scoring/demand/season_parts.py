"""Give the covariances of the windows and of the weeks ahead, for each part of a curve. Pure.

A window is a weighted sum of the weeks of the curve. A series younger than a window fills it with
its own days alone, so the weights depend on the age of the series.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from features.platform.arrays import Floats
from scoring.demand.history import LOOK_BACK
from scoring.demand.past import WEEK, YEAR

#: The windows of a series: first and last day before the night, and the age that fills a part of
#: the window which no smaller window has.
OWN = {
    "units_28": (0, 28, 0),
    "units_56": (0, 56, 28),
    "units_91": (0, 91, 56),
    "units_364": (0, YEAR, 91),
    "year_ago_28": (YEAR - 28, YEAR, YEAR - 28),
    "year_ago_56": (YEAR, LOOK_BACK, YEAR),
}
#: The windows of a category and of a merchant.
SHARED = {name: OWN[name] for name in ("units_28", "units_364", "year_ago_28", "year_ago_56")}
OWN_PLACES = slice(0, len(OWN))
CATEGORY_PLACES = slice(OWN_PLACES.stop, OWN_PLACES.stop + len(SHARED))
MERCHANT_PLACES = slice(CATEGORY_PLACES.stop, CATEGORY_PLACES.stop + len(SHARED))
WINDOWS = MERCHANT_PLACES.stop
#: The parts of the curve and of the noise, with the variances that learning begins with.
PARTS = {
    **{"own_level": 0.05, "own_year": 0.01, "own_walk": 0.01},
    **{"category_year": 0.01, "category_walk": 0.01},
    **{"merchant_year": 0.01, "merchant_walk": 0.01},
    **{"category_noise": 0.002, "merchant_noise": 0.001},
    **{"count_noise": 1.0, "promotion_noise": 0.3},
}
OF_AGE = tuple(name for name in PARTS if name not in ("count_noise", "promotion_noise"))
#: The variance of the levels of categories and merchants, which say nothing.
FREE = 0.5


@cache
def tables(weeks: int) -> tuple[Floats, Floats]:
    """Return what the parts give to the covariances, by the age of a series.

    Returns:
        For each part that depends on the age alone, and for the free levels, the covariance of a
        variance of 1: [parts + 1, ages, windows, windows]. The noise of counts for a day's variance
        of 1: [ages, windows, windows].
    """
    cells = LOOK_BACK // WEEK
    week = np.concatenate([-np.arange(cells) - 0.5, np.arange(weeks) + 0.5])
    apart = WEEK * np.abs(week[:, None] - week) / YEAR
    begun = (week - week.min()) * WEEK / YEAR
    kernels = {
        "level": np.ones_like(apart),
        "year": np.cos(2.0 * np.pi * apart),
        "walk": np.minimum(begun[:, None], begun),
    }
    size = WINDOWS + weeks
    over = np.zeros((LOOK_BACK, size, len(week)))
    overlap = np.zeros((LOOK_BACK, size, size))
    for age in range(LOOK_BACK):
        days = _days(OWN, age)
        over[age, OWN_PLACES, :cells] = days.reshape(len(OWN), cells, WEEK).sum(axis=2)
        overlap[age, OWN_PLACES, OWN_PLACES] = days @ days.T
    ahead = np.arange(WINDOWS, size)
    over[:, ahead, cells + np.arange(weeks)] = 1.0
    overlap[:, ahead, ahead] = 1.0 / WEEK
    days = _days(SHARED, LOOK_BACK - 1)
    whole = days.reshape(len(SHARED), cells, WEEK).sum(axis=2)
    parts, free = [], np.zeros((size, size))
    for name in OF_AGE:
        owner, kind = name.split("_")
        if kind == "noise":
            place = CATEGORY_PLACES if owner == "category" else MERCHANT_PLACES
            shared = np.zeros((size, size))
            shared[place, place] = 28.0 * days @ days.T
            free[place, place] = 1.0
            parts.append(np.broadcast_to(shared, overlap.shape))
            continue
        reach = over.copy()
        if owner != "own":
            reach[:, CATEGORY_PLACES, :cells] = whole
        if owner == "merchant":
            reach[:, MERCHANT_PLACES, :cells] = whole
        parts.append(reach @ kernels[kind] @ reach.transpose(0, 2, 1))
    return np.stack([*parts, np.broadcast_to(free, overlap.shape)]), overlap


def _days(windows: dict[str, tuple[int, int, int]], age: int) -> Floats:
    """Return the weight of each day before the night in each window: [windows, days]."""
    day = np.arange(LOOK_BACK)
    first, last, _ = np.array(list(windows.values())).T[:, :, None]
    is_in = ((day >= first) & (day < last) & (day <= age)).astype(np.float64)
    weights: Floats = is_in / np.maximum(is_in.sum(axis=1, keepdims=True), 1.0)
    return weights
