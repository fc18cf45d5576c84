"""Turn recency, frequency and spend into points whose distances compare customers. Pure.

Raw values are skewed: one customer in a thousand spends as much as the other half of a shop. Points
are logarithms, cut at both tails and divided by their spread. The cut also quietens the first days
after a purchase: without it a silence of one day or of three would be a large distance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Floats, Matrix

#: The features that place a customer, in the order of a point's coordinates.
FEATURES = ("recency_days", "frequency", "monetary")
#: The recency of a customer without a purchase: the days that the features look back.
LOOK_BACK_DAYS = 400.0
TAIL = 0.05  # of the customers on each side, whose values are cut


@dataclass(frozen=True, slots=True)
class Scale:
    """The cuts, centres and spreads of one merchant's logarithms, each [3]."""

    low: Floats
    high: Floats
    centre: Floats
    spread: Floats

    @classmethod
    def of(cls, values: Matrix) -> Scale:
        """Return the scale of some customers: [n, 3] raw values.

        A value that all customers share has a spread of 1, so it adds nothing to a distance.
        """
        raw = logarithms(values)
        low, high = np.quantile(raw, [TAIL, 1.0 - TAIL], axis=0)
        kept = np.clip(raw, low, high)
        spread = kept.std(axis=0)
        return cls(low, high, kept.mean(axis=0), np.where(spread > 0, spread, 1.0))

    def points(self, values: Matrix) -> Floats:
        """Return the points of raw values: [n, 3] without missing coordinates."""
        kept = np.clip(logarithms(values), self.low, self.high)
        placed: Floats = (kept - self.centre) / self.spread
        return placed

    def raw(self, points: Floats) -> Floats:
        """Return days, purchase days and spend at some points: [n, 3]."""
        values: Floats = np.expm1(points * self.spread + self.centre)
        return values


def logarithms(values: Matrix) -> Floats:
    """Return log(1 + value) of raw values: [n, 3].

    A customer without a purchase has no recency: the whole look-back. Missing frequency and spend
    are 0, and so is negative spend: returns of purchases before the look-back.
    """
    missing = np.array([LOOK_BACK_DAYS, 0.0, 0.0])
    known = np.where(np.isnan(values), missing, values)
    result: Floats = np.log1p(np.maximum(known, 0.0))
    return result


def distances(points: Floats, centroids: Floats) -> Floats:
    """Return the distance of each point to each centroid: [n, levels].

    The sum is written out, so the bits of a row do not depend on the other rows.

    Args:
        points: [n, 3].
        centroids: [levels, 3], or [n, levels, 3] for centroids of each point; NaN for a level
            without a segment, whose distance is infinite.
    """
    away = points[:, None, :] - centroids
    squares = away[..., 0] ** 2 + away[..., 1] ** 2 + away[..., 2] ** 2
    result: Floats = np.sqrt(np.where(np.isnan(squares), np.inf, squares))
    return result
