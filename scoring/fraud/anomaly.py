"""The unsupervised part that every fraud model has: an isolation forest over label-free columns.

It still works if labels are late, missing or wrong. Its score is a percentile of the training rows.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.ensemble import IsolationForest
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import validate_data

from features.platform.arrays import Flags, Floats
from scoring.models.estimators import EventClassifier, one_thread

QUANTILES = 10_001  # the anomaly score has a resolution of one in ten thousand


@dataclass(frozen=True, slots=True)
class FraudScores:
    """Both scores of some rows, in their order; NaN if a row cannot be scored."""

    fraud_probability: Floats
    anomaly_score: Floats


class FraudEstimator(EventClassifier):
    """A supervised part of any kind beside the isolation forest; both replay bit for bit.

    A subclass sets `features`, `anomaly_features`, `anomaly_trees`, `anomaly_sample` and
    `random_state`, fits its own part, and returns its log-odds.
    """

    FITTED = (*EventClassifier.FITTED, "anomaly_", "anomaly_columns_", "anomaly_quantiles_")

    features: Sequence[str] | None
    anomaly_features: Sequence[str] | None
    anomaly_trees: int
    anomaly_sample: int
    random_state: int

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
                probability[finite] = expit(self._log_odds(rows))
                anomaly[finite] = self._percentile(self._strangeness(rows))
        return FraudScores(probability, anomaly)

    def contributions(self, X: Floats) -> Floats:  # noqa: N803
        """Return each feature's exact contribution to the log-odds of fraud.

        A row's contributions and `base_log_odds_` sum to the logit of its `fraud_probability`.
        """
        matrix, finite = self._checked(X)
        result = np.full(matrix.shape, np.nan)
        if finite.any():
            result[finite] = self._attributed(np.ascontiguousarray(matrix[finite]))
        return result

    @property
    @abstractmethod
    def base_log_odds_(self) -> float:
        """The log-odds of an average training row, from which contributions start."""

    @abstractmethod
    def _log_odds(self, matrix: Floats) -> Floats:
        """Return the calibrated log-odds of finite rows: [n]."""

    @abstractmethod
    def _attributed(self, matrix: Floats) -> Floats:
        """Return the contributions of finite rows: [n, columns]."""

    def _event_probability(self, X: Floats) -> Floats:  # noqa: N803
        matrix, finite = self._checked(X)
        probability = np.full(len(matrix), np.nan)
        if finite.any():
            with one_thread():
                probability[finite] = expit(self._log_odds(np.ascontiguousarray(matrix[finite])))
        return probability

    def _learnt(self, X: Floats, y: NDArray[np.generic]) -> tuple[Floats, Flags]:  # noqa: N803
        """Return the checked matrix and labels of a fit, and keep the two classes.

        Raises:
            ValueError: the names do not fit the columns, or the labels are not two classes.
        """
        matrix, labels = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan")
        if self.features is not None and len(self.features) != matrix.shape[1]:
            raise ValueError(f"{len(self.features)} feature names for {matrix.shape[1]} columns")
        self.classes_ = _two_classes(labels)
        return matrix, labels == self.classes_[1]

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

    def _anomaly_columns(self, columns: int) -> NDArray[np.intp]:
        if self.anomaly_features is None:
            return np.arange(columns)
        if self.features is None:
            raise ValueError("anomaly_features need features: the names of the columns")
        return np.array([self.features.index(name) for name in self.anomaly_features])


def both_needed(is_fraud: Flags, slice_name: str) -> None:
    """Check that a slice holds frauds and genuine rows.

    Raises:
        ValueError: it holds one kind only.
    """
    if is_fraud.all() or not is_fraud.any():
        raise ValueError(
            f"the {slice_name} slice holds {is_fraud.sum()} frauds among {len(is_fraud)} rows; "
            "both kinds are needed"
        )


def _two_classes(labels: NDArray[np.generic]) -> NDArray[np.generic]:
    classes = np.unique(labels)
    if type_of_target(labels) != "binary" or len(classes) != 2:
        raise ValueError(
            f"Only binary classification is supported: {len(classes)} class(es) of type "
            f"{type_of_target(labels)} were given"
        )
    return classes
