"""Fits a scorecard: whole points by bin that sum to the score; more points mean less risk.

The scorecard is a logistic regression over the weight of evidence of the bins. Its points are
scaled to base odds and to the points that double them (Siddiqi 2006, chapter 6). Points are whole
numbers, so the readable table, the SQL export and this class give exactly the same score.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted, validate_data

from features.platform.arrays import Flags, Floats
from scoring.credit import binning
from scoring.credit.binning import Bins

Points = NDArray[np.int64]


class Scorecard(BaseEstimator):  # type: ignore[misc] # scikit-learn ships no types
    """Points by bin of each characteristic, and base points of every row.

    Args:
        directions: per column +1 if more means more risk, -1 if less does, 0 if unknown; None for
            all 0.
        levels: per column the number of levels of a category, 0 for a number; None for all 0.
        base_score: points of an application at `base_odds`.
        base_odds: repaid to defaulted loans at `base_score`.
        points_to_double: points that double the odds.
        least_information: the least information value of a characteristic in the scorecard.
        regularisation: scikit-learn's C of the regression.
    """

    def __init__(  # noqa: PLR0913 - scikit-learn requires every parameter here, by name
        self,
        directions: Sequence[int] | None = None,
        levels: Sequence[int] | None = None,
        *,
        base_score: int = 600,
        base_odds: float = 10.0,
        points_to_double: int = 40,
        least_information: float = 0.01,
        regularisation: float = 1.0,
    ) -> None:
        self.directions = directions
        self.levels = levels
        self.base_score = base_score
        self.base_odds = base_odds
        self.points_to_double = points_to_double
        self.least_information = least_information
        self.regularisation = regularisation

    def fit(self, X: Floats, y: NDArray[np.generic]) -> Self:  # noqa: N803 - scikit-learn's name
        """Learn bins and points.

        Args:
            X: one row per application, one column per characteristic; missing is NaN.
            y: whether the loan defaulted.

        Raises:
            ValueError: the labels are all equal.
        """
        matrix, labels = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan")
        is_bad = np.asarray(labels, dtype=bool)
        if is_bad.all() or not is_bad.any():
            raise ValueError(f"{is_bad.sum()} defaults among {len(is_bad)} rows; both are needed")
        columns = matrix.shape[1]
        self.bins_ = [
            _cut(matrix[:, column], is_bad, direction, levels)
            for column, direction, levels in zip(
                range(columns),
                self.directions or [0] * columns,
                self.levels or [0] * columns,
                strict=True,
            )
        ]
        evidence = np.column_stack([bins.woe[place] for bins, place in self._places(matrix)])
        weights, intercept = self._weigh(evidence, ~is_bad)
        offset = self.base_score - self.points_per_log_odds * np.log(self.base_odds)
        self.points_ = [
            np.rint(self.points_per_log_odds * weight * bins.woe).astype(np.int64)
            for weight, bins in zip(weights, self.bins_, strict=True)
        ]
        self.base_points_ = int(np.rint(offset + self.points_per_log_odds * intercept))
        return self

    @property
    def points_per_log_odds(self) -> float:
        """The points that one unit of log-odds of repayment is worth."""
        return float(self.points_to_double / np.log(2.0))

    def points(self, X: Floats) -> Points:  # noqa: N803
        """Return the points of every characteristic: [n, columns]."""
        matrix = self._checked(X)
        return np.column_stack(
            [
                points[place]
                for points, (_, place) in zip(self.points_, self._places(matrix), strict=True)
            ]
        )

    def total(self, X: Floats) -> Points:  # noqa: N803
        """Return the score: all points of a row."""
        total: Points = self.base_points_ + self.points(X).sum(axis=1)
        return total

    def points_lost(self, X: Floats) -> Points:  # noqa: N803
        """Return the points between each characteristic's bin and its best bin: [n, columns]."""
        return np.array([points.max() for points in self.points_]) - self.points(X)

    def margin(self, X: Floats) -> Floats:  # noqa: N803
        """Return the log-odds of default that the points express."""
        above: Floats = (self.total(X) - self.base_score) / self.points_per_log_odds
        return -above - float(np.log(self.base_odds))

    def _weigh(self, evidence: Floats, is_good: Flags) -> tuple[Floats, float]:
        """Regress on the evidence, without characteristics whose weight would be negative.

        Correlated columns can cause a negative weight. It would give points for a bin with a high
        default rate, which could not be explained.
        """
        weights = np.zeros(evidence.shape[1])
        information = np.array([bins.information_value for bins in self.bins_])
        kept = np.flatnonzero(information >= self.least_information)
        while len(kept):
            fitted = LogisticRegression(C=self.regularisation).fit(evidence[:, kept], is_good)
            weakest = int(fitted.coef_[0].argmin())
            if fitted.coef_[0, weakest] > 0:
                weights[kept] = fitted.coef_[0]
                return weights, float(fitted.intercept_[0])
            kept = np.delete(kept, weakest)
        return weights, float(np.log(is_good.mean() / (1 - is_good.mean())))

    def _places(self, matrix: Floats) -> list[tuple[Bins, NDArray[np.intp]]]:
        return [(bins, bins.place(matrix[:, column])) for column, bins in enumerate(self.bins_)]

    def _checked(self, X: Floats) -> Floats:  # noqa: N803
        check_is_fitted(self)
        matrix: Floats = validate_data(
            self, X, dtype=np.float64, reset=False, ensure_all_finite="allow-nan"
        )
        return matrix


def _cut(values: Floats, is_bad: Flags, direction: int, levels: int) -> Bins:
    if levels:
        return binning.cut_category(values, is_bad, levels)
    return binning.cut_number(values, is_bad, direction)
