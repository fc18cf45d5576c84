"""Combines a supervised and an unsupervised part in one fraud model that replays bit for bit.

The supervised part is gradient boosting with one sigmoid calibrator, fitted on a later slice of
time; the calibrator keeps the ranking. The unsupervised part uses label-free features only, so it
still works if labels are late, missing or wrong. Its score is a percentile of the training rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import validate_data

from features.platform.arrays import Floats
from scoring.models.estimators import (
    EventClassifier,
    boosted_trees,
    one_thread,
    sigmoid,
)

QUANTILES = 10_001  # the anomaly score has a resolution of one in ten thousand


@dataclass(frozen=True, slots=True)
class FraudScores:
    """Both scores of some rows, in their order; NaN if a row cannot be scored."""

    fraud_probability: Floats
    anomaly_score: Floats


class FraudModel(EventClassifier):
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

    FITTED = (
        *EventClassifier.FITTED,
        *("slope_", "intercept_", "supervised_"),
        *("anomaly_", "anomaly_columns_", "anomaly_quantiles_"),
    )

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

        Raises:
            ValueError: the labels are not two classes, or the supervised part ranks no better than
                chance, so the calibrator would invert its ranking.
        """
        matrix, labels = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan")
        self._check_names(matrix.shape[1])
        self.classes_ = _two_classes(labels)
        is_fraud = labels == self.classes_[1]
        if calibration is None:
            earlier = len(matrix) - max(1, round(len(matrix) * self.calibration_share))
            calibration = matrix[earlier:], labels[earlier:]
        later = np.asarray(calibration[1]) == self.classes_[1]
        _both_needed(is_fraud[:earlier], "training")
        _both_needed(later, "calibration")
        with one_thread():
            rehearsal = self._supervised(matrix[:earlier], is_fraud[:earlier])
            margin = rehearsal.decision_function(np.asarray(calibration[0], dtype=np.float64))
            self.slope_, self.intercept_ = sigmoid(margin, later, "frauds")
            whole = earlier is None or earlier >= len(matrix)
            self.supervised_ = rehearsal if whole else self._supervised(matrix, is_fraud)
            self._fit_anomaly(matrix)
        return self

    def score(self, X: Floats) -> FraudScores:  # noqa: N803
        """Score rows; the result for a row does not depend on the other rows.

        A row with an infinite value gets NaN scores.

        Raises:
            ValueError: the matrix does not have the number of columns of the fit.
        """
        matrix, finite = self._checked(X)
        probability = np.full(len(matrix), np.nan)
        anomaly = np.full(len(matrix), np.nan)
        if finite.any():
            rows = matrix if finite.all() else np.ascontiguousarray(matrix[finite])
            with one_thread():
                probability[finite] = expit(self._calibrated_margin(rows))
                anomaly[finite] = self._percentile(self._strangeness(rows))
        return FraudScores(probability, anomaly)

    def contributions(self, X: Floats) -> Floats:  # noqa: N803
        """Return each feature's exact contribution to the log-odds of fraud.

        A row's contributions and `base_log_odds_` sum to the logit of its `fraud_probability`
        (path-dependent tree attributions, scaled by the calibrator's slope).
        """
        matrix, finite = self._checked(X)
        result = np.full(matrix.shape, np.nan)
        if finite.any():
            rows = np.ascontiguousarray(matrix[finite])
            result[finite] = self.slope_ * self._explainer().shap_values(
                rows, check_additivity=False
            )
        return result

    @property
    def base_log_odds_(self) -> float:
        """The log-odds of an average training row, from which contributions start."""
        expected = np.ravel(self._explainer().expected_value)[0]
        return float(self.slope_ * expected + self.intercept_)

    def _event_probability(self, X: Floats) -> Floats:  # noqa: N803
        return self.score(X).fraud_probability

    def _supervised(
        self, matrix: Floats, is_fraud: NDArray[np.bool_]
    ) -> HistGradientBoostingClassifier:
        return boosted_trees(self).fit(matrix, is_fraud)

    def _fit_anomaly(self, matrix: Floats) -> None:
        self.anomaly_columns_ = self._anomaly_columns(matrix.shape[1])
        self.anomaly_ = IsolationForest(
            n_estimators=self.anomaly_trees,
            max_samples=min(self.anomaly_sample, len(matrix)),
            random_state=self.random_state,
        ).fit(matrix[:, self.anomaly_columns_])
        self.anomaly_quantiles_ = np.quantile(
            self._strangeness(matrix), np.linspace(0.0, 1.0, QUANTILES)
        )

    def _strangeness(self, matrix: Floats) -> Floats:
        rows = np.ascontiguousarray(matrix[:, self.anomaly_columns_])
        strangeness: Floats = -self.anomaly_.score_samples(rows)
        return strangeness

    def _percentile(self, strangeness: Floats) -> Floats:
        shares = np.linspace(0.0, 1.0, len(self.anomaly_quantiles_))
        return np.interp(strangeness, self.anomaly_quantiles_, shares)

    def _explainer(self) -> Any:  # noqa: ANN401 - shap ships no types
        from shap import TreeExplainer  # takes 1.6 s, and only adverse decisions need it

        return TreeExplainer(self.supervised_, feature_perturbation="tree_path_dependent")

    def _calibrated_margin(self, matrix: Floats) -> Floats:
        margin: Floats = self.supervised_.decision_function(matrix)
        return self.slope_ * margin + self.intercept_

    def _check_names(self, columns: int) -> None:
        if self.features is not None and len(self.features) != columns:
            raise ValueError(f"{len(self.features)} feature names for {columns} columns")

    def _anomaly_columns(self, columns: int) -> NDArray[np.intp]:
        if self.anomaly_features is None:
            return np.arange(columns)
        if self.features is None:
            raise ValueError("anomaly_features need features: the names of the columns")
        return np.array([self.features.index(name) for name in self.anomaly_features])


def _two_classes(labels: NDArray[np.generic]) -> NDArray[np.generic]:
    classes = np.unique(labels)
    if type_of_target(labels) != "binary" or len(classes) != 2:
        raise ValueError(
            f"Only binary classification is supported: {len(classes)} class(es) of type "
            f"{type_of_target(labels)} were given"
        )
    return classes


def _both_needed(is_fraud: NDArray[np.bool_], slice_name: str) -> None:
    if is_fraud.all() or not is_fraud.any():
        raise ValueError(
            f"the {slice_name} slice holds {is_fraud.sum()} frauds among {len(is_fraud)} rows; "
            "both kinds are needed"
        )
