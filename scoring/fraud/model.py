"""Combines a supervised and an unsupervised part in one fraud model that replays bit for bit.

The supervised part is gradient boosting with one sigmoid calibrator, fitted on a later slice of
time; the calibrator keeps the ranking. `anomaly.py` holds the unsupervised part.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from features.platform.arrays import Flags, Floats
from scoring.fraud import codes
from scoring.fraud.anomaly import FraudEstimator, FraudScores, both_needed
from scoring.models.estimators import boosted_trees, one_thread, sigmoid

__all__ = ["FraudModel", "FraudScores"]


class FraudModel(FraudEstimator):
    """Calibrated gradient boosting and an isolation forest.

    Rows come in order of time. The calibrator learns from the last `calibration_share` of the rows
    of `fit`, or from a slice of its own.

    Args:
        features: names of the matrix' columns, in order; None leaves them unnamed.
        anomaly_features: the columns of the unsupervised part; None means all.
        max_iter: number of trees of the supervised part.
        learning_rate: weight of each tree.
        max_leaf_nodes: number of leaves of each tree.
        min_samples_leaf: least number of rows in a leaf.
        l2_regularization: shrinkage of each leaf towards zero.
        max_features: share of the columns that each split considers.
        calibration_share: share of the rows that the calibrator learns from.
        anomaly_trees: number of trees of the unsupervised part.
        anomaly_sample: rows per tree of the unsupervised part.
        random_state: seed of every draw.
    """

    FITTED = (*FraudEstimator.FITTED, "slope_", "intercept_", "supervised_")

    edges_: Floats | None = None  # models of earlier versions take the values themselves
    supervised_: HistGradientBoostingClassifier

    def __init__(  # noqa: PLR0913 - scikit-learn requires every parameter here, by name
        self,
        features: Sequence[str] | None = None,
        anomaly_features: Sequence[str] | None = None,
        *,
        max_iter: int = 150,
        learning_rate: float = 0.05,
        max_leaf_nodes: int = 8,
        min_samples_leaf: int = 50,
        l2_regularization: float = 10.0,
        max_features: float = 0.5,
        calibration_share: float = 0.25,
        anomaly_trees: int = 100,
        anomaly_sample: int = 1024,
        random_state: int = 0,
    ) -> None:
        self.features = features
        self.anomaly_features = anomaly_features
        self.max_iter = max_iter
        self.learning_rate = learning_rate
        self.max_leaf_nodes = max_leaf_nodes
        self.min_samples_leaf = min_samples_leaf
        self.l2_regularization = l2_regularization
        self.max_features = max_features
        self.calibration_share = calibration_share
        self.anomaly_trees = anomaly_trees
        self.anomaly_sample = anomaly_sample
        self.random_state = random_state

    def fit(
        self,
        X: Floats,  # noqa: N803 - scikit-learn's name
        y: NDArray[np.generic],
        calibration: tuple[Floats, NDArray[np.generic]] | None = None,
        earlier: int | None = None,
        of_earlier: FraudModel | None = None,
    ) -> Self:
        """Learn from rows in order of time; null is NaN.

        The calibrator must look forward in time. So a model fitted on the earlier rows alone scores
        later rows, and the sigmoid learns from these scores. The final model then learns from all
        of X: with only the earlier rows its average precision fell by up to 0.06 in a bad week.

        Args:
            X: one row per transaction, one column per feature.
            y: whether it was fraud.
            calibration: rows and labels of the later slice; by default the last rows of X.
            earlier: the number of first rows of X before that slice; by default all of them.
            of_earlier: a model with these settings whose trees learnt from exactly the `earlier`
                rows; its trees are taken, because a second fit would give the same bits.

        Raises:
            ValueError: the labels are not two classes, or the supervised part ranks no better than
                chance, so the calibrator would invert its ranking.
        """
        matrix, is_fraud = self._learnt(X, y)
        if calibration is None:
            earlier = len(matrix) - max(1, round(len(matrix) * self.calibration_share))
            calibration = matrix[earlier:], np.asarray(y)[earlier:]
        later = np.asarray(calibration[1]) == self.classes_[1]
        both_needed(is_fraud[:earlier], "training")
        both_needed(later, "calibration")
        with one_thread():
            if of_earlier is None:
                self._fit_trees(matrix[:earlier], is_fraud[:earlier])
            else:
                self.edges_, self.supervised_ = of_earlier.edges_, of_earlier.supervised_
            margin = self._margin(np.ascontiguousarray(calibration[0], dtype=np.float64))
            self.slope_, self.intercept_ = sigmoid(margin, later, "frauds")
            if earlier is not None and earlier < len(matrix):
                self._fit_trees(matrix, is_fraud)
            self._fit_anomaly(matrix)
        return self

    @property
    def base_log_odds_(self) -> float:
        """The log-odds of an average training row, from which contributions start."""
        expected = np.ravel(self._explainer().expected_value)[0]
        return float(self.slope_ * expected + self.intercept_)

    def _fit_trees(self, matrix: Floats, is_fraud: Flags) -> None:
        self.edges_ = codes.edges(matrix, is_fraud)
        self.supervised_ = boosted_trees(self).fit(self._coded(matrix), is_fraud)

    def _coded(self, matrix: Floats) -> Floats:
        return matrix if self.edges_ is None else codes.of(self.edges_, matrix)

    def _margin(self, matrix: Floats) -> Floats:
        margin: Floats = self.supervised_.decision_function(self._coded(matrix))
        return margin

    def _log_odds(self, matrix: Floats) -> Floats:
        return self.slope_ * self._margin(matrix) + self.intercept_

    def _attributed(self, matrix: Floats) -> Floats:
        """Return path-dependent tree attributions, scaled by the calibrator's slope."""
        values: Floats = self._explainer().shap_values(self._coded(matrix), check_additivity=False)
        return self.slope_ * values

    def _explainer(self) -> Any:  # noqa: ANN401 - shap ships no types
        from shap import TreeExplainer  # takes 1.6 s, and only adverse decisions need it

        return TreeExplainer(self.supervised_, feature_perturbation="tree_path_dependent")
