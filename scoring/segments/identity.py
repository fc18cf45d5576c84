"""Keep the ids of segments over refits: match new centroids to previous ones. Pure.

K-means numbers its clusters by chance. A merchant who follows segment s2 must find the same kind of
customers in it after a refit, so ids follow the assignment of least total distance (Kuhn 1955).
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from features.platform.arrays import Codes, Floats
from scoring.segments.clustering import agreement
from scoring.segments.levels import LEVELS

LEAST_AGREEMENT = 0.75  # of a refit with the model in force, on the same customers


def by_value(centroids: Floats) -> Codes:
    """Return the level of each centroid of a first fit: the most valuable segment is the first.

    Value is frequency and spend less recency, in spreads.
    """
    value = centroids[:, 1] + centroids[:, 2] - centroids[:, 0]
    levels: Codes = np.empty(len(centroids), np.int64)
    levels[np.argsort(-value, kind="stable")] = np.arange(len(centroids))
    return levels


def by_previous(centroids: Floats, previous: Floats) -> Codes:
    """Return the level of each centroid of a refit.

    Matched centroids keep their level. Others take levels that the previous fit did not use, so an
    id never changes its meaning; ids of segments that ended come last.

    Args:
        centroids: [k, 3] in any unit.
        previous: [8, 3] in the same unit, by level; NaN for an unused level.
    """
    used = np.flatnonzero(~np.isnan(previous[:, 0]))
    cost = np.linalg.norm(centroids[:, None, :] - previous[used][None, :, :], axis=2)
    new, old = linear_sum_assignment(cost)
    levels: Codes = np.full(len(centroids), -1, np.int64)
    levels[new] = used[old]
    others = np.flatnonzero(levels < 0)
    never_used = np.setdiff1d(np.arange(len(previous)), used)
    levels[others] = never_used[: len(others)]
    return levels


def placed(centroids: Floats, levels: Codes) -> Floats:
    """Return centroids by level: [8, 3], NaN for a level without a segment."""
    table = np.full((len(LEVELS), centroids.shape[1]), np.nan)
    table[levels] = centroids
    return table


def is_same(in_force: Codes, refitted: Codes) -> bool:
    """Return whether a refit may follow the model in force: it divides the customers alike.

    Args:
        in_force: [n] segments by the model in force.
        refitted: [n] segments of the same customers by the refit.
    """
    return agreement(in_force, refitted) >= LEAST_AGREEMENT
