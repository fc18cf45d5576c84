"""Gradient boosting over applications that moves only the way that the feature view allows. Pure.

It finds what a scorecard cannot, such as a term that weighs more for a small income, and keeps its
law: more debt never lowers the risk. Categories enter by their record of default, so that every
split is one of a number and the attributions of trees hold.
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
        directions: per column +1 where more means more risk, -1 where less does, 0 where nobody
            says; None for all 0.
        levels: per column how many levels a category has, 0 for a number; None for all 0.
        max_iter: trees.
        learning_rate: weight of each tree.
        max_leaf_nodes: leaves of each tree.
        min_samples_leaf: rows that a leaf must hold.
        l2_regularization: pull of each leaf towards zero.
        max_features: share of the columns that each split may look at.
        random_state: seed of everything that draws.
    """

    def __init__(  # noqa: PLR0913 - scikit-learn wants every parameter here, by name
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
        """Learn from one row per application; missing is NaN, y says whether it defaulted."""
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
            directions[column] = 1  # a worse record never lowers the risk
        with one_thread():
            self.trees_ = boosted_trees(self, directions).fit(self._by_record(matrix), is_bad)
        return self

    def margin(self, X: Floats) -> Floats:  # noqa: N803
        """Return the log-odds of default, before calibration; a row's bits are its own."""
        matrix = self._checked(X)
        with one_thread():
            margin: Floats = self.trees_.decision_function(self._by_record(matrix))
        return margin

    def contributions(self, X: Floats, reference: Floats) -> Floats:  # noqa: N803
        """Return what each column adds to the log-odds above those of a reference.

        Where a column may move one way only, a value on its worse side never gets less than
        nothing.

        Args:
            X: [n, columns].
            reference: [columns]; the row against which every other is told.

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
    """Return the log-odds of default of each level, and of missing, against the whole's."""
    return -binning.cut_category(values, is_bad, levels).woe
