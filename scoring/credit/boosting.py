"""Defines gradient boosting over applications, monotone as the feature view declares. Pure.

Boosting finds interactions that a scorecard cannot, such as a long term that matters more for a
small income. It keeps the scorecard's law: more debt never lowers the risk. A category enters as
the log-odds of default of its levels, so every split is numeric and tree attributions apply.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from features.platform.arrays import Flags, Floats
from scoring.credit import binning, tree_paths
from scoring.models.estimators import boosted_trees, one_thread


class MonotoneBoosting(BaseEstimator):  # type: ignore[misc] # scikit-learn ships no types
    """Boosted trees with monotone constraints.

    Args:
        directions: per column +1 if more means more risk, -1 if less does, 0 if unknown; None for
            all 0.
        levels: per column the number of levels of a category, 0 for a number; None for all 0.
        max_iter: number of trees.
        learning_rate: weight of each tree.
        max_leaf_nodes: number of leaves of each tree.
        min_samples_leaf: least number of rows in a leaf.
        l2_regularization: shrinkage of each leaf towards zero.
        max_features: share of the columns that each split considers.
        random_state: seed of every draw.
    """

    def __init__(  # noqa: PLR0913 - scikit-learn requires every parameter here, by name
        self,
        directions: Sequence[int] | None = None,
        levels: Sequence[int] | None = None,
        *,
        max_iter: int = 150,
        learning_rate: float = 0.05,
        max_leaf_nodes: int = 8,
        min_samples_leaf: int = 100,
        l2_regularization: float = 10.0,
        max_features: float = 0.5,
        random_state: int = 0,
    ) -> None:
        self.directions = directions
        self.levels = levels
        self.max_iter = max_iter
        self.learning_rate = learning_rate
        self.max_leaf_nodes = max_leaf_nodes
        self.min_samples_leaf = min_samples_leaf
        self.l2_regularization = l2_regularization
        self.max_features = max_features
        self.random_state = random_state

    def fit(self, X: Floats, y: NDArray[np.generic]) -> Self:  # noqa: N803 - scikit-learn's name
        """Learn from one row per application; missing is NaN, y is whether the loan defaulted."""
        matrix, labels = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan")
        is_bad = np.asarray(labels, dtype=bool)
        columns = matrix.shape[1]
        levels = list(self.levels or [0] * columns)
        self.categories_ = [column for column in range(columns) if levels[column]]
        self.records_ = [
            _record(matrix[:, column], is_bad, levels[column]) for column in self.categories_
        ]
        directions = list(self.directions or [0] * columns)
        for column in self.categories_:
            directions[column] = 1  # a higher default rate never lowers the risk
        with one_thread():
            self.trees_ = boosted_trees(self, directions).fit(self._by_record(matrix), is_bad)
        return self

    def margin(self, X: Floats) -> Floats:  # noqa: N803
        """Return the log-odds of default, before calibration; rows do not affect each other."""
        matrix = self._checked(X)
        with one_thread():
            margin: Floats = self.trees_.decision_function(self._by_record(matrix))
        return margin

    def contributions(self, X: Floats, reference: Floats) -> Floats:  # noqa: N803
        """Return the contribution of each column to the log-odds above those of a reference.

        If a column has a direction, a value worse than the reference never contributes less than
        0.

        Args:
            X: [n, columns].
            reference: [columns], the row with contributions of 0.

        Returns:
            [n, columns]; a row's sum is its margin less that of the reference.
        """
        rows = self._by_record(self._checked(X))
        start = self._by_record(np.asarray(reference, dtype=np.float64)[None, :])[0]
        return tree_paths.shapley(tree_paths.leaves(self.trees_), rows, start)

    def _by_record(self, matrix: Floats) -> Floats:
        coded = matrix.copy()
        for column, record in zip(self.categories_, self.records_, strict=True):
            missing = np.isnan(matrix[:, column])
            place = np.where(missing, len(record) - 1, matrix[:, column]).astype(np.intp)
            coded[:, column] = record[place]
        return coded

    def _checked(self, X: Floats) -> Floats:  # noqa: N803
        check_is_fitted(self)
        matrix = validate_data(
            self, X, dtype=np.float64, reset=False, ensure_all_finite="allow-nan"
        )
        return np.ascontiguousarray(matrix)


def _record(values: Floats, is_bad: Flags, levels: int) -> Floats:
    """Return the log-odds of default of each level, and of missing, relative to all rows."""
    return -binning.cut_category(values, is_bad, levels).woe
