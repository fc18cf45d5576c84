"""Combine the segments of all merchants in one model: nearest centroid, with memory of a night.

Every merchant with enough customers has segments of its own, because a florist's regulars buy less
often than a grocer's. The customers of all merchants together give the pooled segments, which serve
small and new merchants. A row's result depends on the row alone, so a replay gives the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator

from features.platform.arrays import Codes, Floats, Matrix
from scoring.segments.assignment import NONE, Assigned, State, assign
from scoring.segments.levels import LEVELS
from scoring.segments.points import FEATURES, Scale, distances

POOLED = ""  # the merchant of the pooled segments; always the first


@dataclass(frozen=True, slots=True)
class MerchantSegments:
    """The fitted segments of one merchant.

    Attributes:
        scale: places raw values.
        centroids: [8, 3] points by level; NaN for an unused level.
        names: [8] by level; empty for an unused level.
    """

    scale: Scale
    centroids: Floats
    names: Sequence[str]

    @property
    def raw_centroids(self) -> Floats:
        """The centroids as logarithms, which compare between scales: [8, 3]."""
        logs: Floats = self.centroids * self.scale.spread + self.scale.centre
        return logs

    def nearest(self, values: Matrix) -> Codes:
        """Return the level of the nearest centroid of each customer: [n]."""
        levels: Codes = distances(self.scale.points(values), self.centroids).argmin(axis=1)
        return levels


@dataclass(frozen=True, slots=True)
class SegmentScores:
    """The answers for n customers; segments are indexes of levels."""

    segment: Floats
    own_distance: Floats
    runner_up: Floats
    runner_up_distance: Floats
    nearest: Floats


class SegmentModel(BaseEstimator):  # type: ignore[misc] # scikit-learn ships no types
    """The segments of all merchants.

    Args:
        features: names of the matrix' columns, in order.
        names_version: the table of the names.
        seed: of every draw of the fit.
    """

    #: The attributes that `of` sets; a model file must hold them all.
    FITTED = (
        *("merchants_", "low_", "high_", "centre_", "spread_", "centroids_", "names_"),
        "fitted_at_",
    )

    def __init__(
        self,
        features: Sequence[str] | None = None,
        names_version: str = "",
        seed: int = 0,
    ) -> None:
        self.features = features
        self.names_version = names_version
        self.seed = seed

    def of(self, parts: dict[str, MerchantSegments], fitted_at: str) -> Self:
        """Hold fitted segments by merchant.

        Args:
            parts: by merchant; the pooled ones are among them.
            fitted_at: the night of the customers that they were fitted on, as an ISO day.

        Raises:
            ValueError: there are no pooled segments.
        """
        if POOLED not in parts:
            raise ValueError("a segment model needs pooled segments for merchants without own ones")
        order = sorted(parts)
        self.features = list(self.features or FEATURES)
        self.n_features_in_ = len(self.features)
        self.merchants_ = order
        self.low_ = np.array([parts[name].scale.low for name in order])
        self.high_ = np.array([parts[name].scale.high for name in order])
        self.centre_ = np.array([parts[name].scale.centre for name in order])
        self.spread_ = np.array([parts[name].scale.spread for name in order])
        self.centroids_ = np.array([parts[name].centroids for name in order])
        self.names_ = [list(parts[name].names) for name in order]
        self.fitted_at_ = fitted_at
        return self

    def part(self, merchant: str) -> MerchantSegments:
        """Return the segments of a merchant, or the pooled ones."""
        code = self.merchants_.index(merchant) if merchant in self.merchants_ else 0
        return MerchantSegments(self._scale(code), self.centroids_[code], self.names_[code])

    def is_own(self, merchant: str) -> bool:
        """Return whether a merchant has segments of its own."""
        return merchant != POOLED and merchant in self.merchants_

    def codes(self, merchants: Sequence[str]) -> Codes:
        """Return the index of each merchant's segments; 0 is the pooled ones: [n]."""
        place = {name: code for code, name in enumerate(self.merchants_)}
        codes: Codes = np.array([place.get(name, 0) for name in merchants], np.int64)
        return codes

    def score(self, X: Matrix) -> SegmentScores:  # noqa: N803 - scikit-learn's name
        """Assign customers.

        Args:
            X: [n, 6] the features, the index of the merchant's segments, the index of the segment
                of the night before (`NONE` without one), and its nights off.

        Raises:
            ValueError: the matrix has another number of columns.
        """
        if X.shape[1] != len(FEATURES) + 3:
            raise ValueError(f"a row has {len(FEATURES) + 3} columns, not {X.shape[1]}")
        values, codes, before = split(X)
        assigned = self.assign(values, codes, before)
        return SegmentScores(
            assigned.segment.astype(np.float64),
            assigned.own_distance,
            assigned.runner_up.astype(np.float64),
            assigned.runner_up_distance,
            assigned.nearest.astype(np.float64),
        )

    def assign(self, values: Matrix, codes: Codes, before: State) -> Assigned:
        """Assign customers by features [n, 3], index of the merchant's segments, and state."""
        points = self._scale(codes).points(values)
        return assign(distances(points, self.centroids_[codes]), before)

    def predict(self, X: Matrix) -> Floats:  # noqa: N803 - scikit-learn's name
        """Return the index of the nearest pooled segment for features alone: [n, 1]."""
        values = np.asarray(X, dtype=np.float64)
        nearest = self.part(POOLED).nearest(values)
        return nearest.astype(np.float64)[:, None]

    def _scale(self, codes: Codes | int) -> Scale:
        low, high = self.low_[codes], self.high_[codes]
        return Scale(low, high, self.centre_[codes], self.spread_[codes])


def joined(values: Matrix, codes: Codes, before: State) -> Matrix:
    """Return the matrix that `SegmentModel.score` reads: [n, 6]."""
    return np.column_stack([values, codes, before.segment, before.nights_off]).astype(np.float64)


def split(matrix: Matrix) -> tuple[Matrix, Codes, State]:
    """Return features, indexes of the merchants' segments, and state of a joined matrix."""
    width = len(FEATURES)
    codes, segment, nights_off = (matrix[:, width + n].astype(np.int64) for n in range(3))
    held = np.where((segment >= 0) & (segment < len(LEVELS)), segment, NONE)
    return matrix[:, :width], codes, State(held, nights_off)
