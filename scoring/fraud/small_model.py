"""A fraud model for few frauds: a penalised logistic regression on a few columns.

Boosting chooses columns, cuts and leaves by the labels, and needs hundreds of events for that (van
der Ploeg, Austin, Steyerberg 2014). Here the columns are chosen by their meaning, the coefficients
are shrunk towards zero (ridge: le Cessie, van Houwelingen 1992), and no slice of time is spent on
the calibrator alone: each block of time is scored by a model of the other blocks, and the slope of
these scores, at most 1, is the shrinkage of the final model (van Houwelingen, le Cessie 1990). The
intercept makes the expected frauds equal the observed ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from features.platform.arrays import Flags, Floats
from scoring.fraud.anomaly import FraudEstimator
from scoring.models.estimators import one_thread, sigmoid

PENALTIES = (0.003, 0.03, 0.3, 3.0)  # inverse strengths; the smallest shrinks most


class SmallFraudModel(FraudEstimator):
    """Ridge regression of the log-odds on scaled logarithms, and an isolation forest.

    A value beyond the training rows counts as the nearest one in them; a missing one as the mean.

    Args:
        features: names of the matrix' columns, in order; None leaves them unnamed.
        anomaly_features: the columns of the unsupervised part; None means all.
        columns: the columns of the supervised part; None means all.
        blocks: number of blocks of time, with the same number of frauds each.
        anomaly_trees: number of trees of the unsupervised part.
        anomaly_sample: rows per tree of the unsupervised part.
        random_state: seed of every draw.
    """

    FITTED = (
        *FraudEstimator.FITTED,
        *("columns_", "low_", "high_", "mean_", "scale_", "penalty_"),
        *("coefficients_", "slope_", "intercept_"),
    )

    def __init__(  # noqa: PLR0913 - scikit-learn requires every parameter here, by name
        self,
        features: Sequence[str] | None = None,
        anomaly_features: Sequence[str] | None = None,
        columns: Sequence[str] | None = None,
        *,
        blocks: int = 5,
        anomaly_trees: int = 100,
        anomaly_sample: int = 256,
        random_state: int = 0,
    ) -> None:
        self.features = features
        self.anomaly_features = anomaly_features
        self.columns = columns
        self.blocks = blocks
        self.anomaly_trees = anomaly_trees
        self.anomaly_sample = anomaly_sample
        self.random_state = random_state

    def fit(self, X: Floats, y: NDArray[np.generic]) -> Self:  # noqa: N803 - scikit-learn's name
        """Learn from rows in order of time; null is NaN.

        Args:
            X: one row per transaction, one column per feature.
            y: whether it was fraud.

        Raises:
            ValueError: the labels are not two classes, no column separates them, or blocks of time
                are ranked by the others no better than chance.
        """
        matrix, is_fraud = self._learnt(X, y)
        self.columns_ = self._columns(matrix.shape[1])
        with one_thread():
            scaled = self._fit_scale(matrix)
            margins = {penalty: self._crossed(scaled, is_fraud, penalty) for penalty in PENALTIES}
            losses = [_loss(is_fraud, margin) for margin in margins.values()]
            self.penalty_ = PENALTIES[int(np.argmin(losses))]
            slope, _ = sigmoid(margins[self.penalty_], is_fraud, "frauds")
            self.slope_ = min(slope, 1.0)
            self.coefficients_, _ = _ridge(scaled, is_fraud, self.penalty_)
            if not self.coefficients_.any():
                raise ValueError("no column separates frauds from genuine rows")
            self.intercept_ = _balanced(self.slope_ * (scaled @ self.coefficients_), is_fraud)
            self._fit_anomaly(matrix)
        return self

    @property
    def base_log_odds_(self) -> float:
        """The log-odds of a row whose values are all means, from which contributions start."""
        return float(self.intercept_)

    def _log_odds(self, matrix: Floats) -> Floats:
        # summed row by row in a fixed order: the result does not depend on the other rows
        margin: Floats = self._parts(matrix).sum(axis=1) + self.intercept_
        return margin

    def _attributed(self, matrix: Floats) -> Floats:
        result = np.zeros(matrix.shape)
        result[:, self.columns_] = self._parts(matrix)
        return result

    def _parts(self, matrix: Floats) -> Floats:
        parts: Floats = np.ascontiguousarray(
            self._scaled(matrix) * (self.slope_ * self.coefficients_)
        )
        return parts

    def _fit_scale(self, matrix: Floats) -> Floats:
        values = _logarithm(matrix[:, self.columns_])
        is_known = ~np.isnan(values)
        self.low_ = np.where(is_known, values, np.inf).min(axis=0)
        self.high_ = np.where(is_known, values, -np.inf).max(axis=0)
        known = np.maximum(is_known.sum(axis=0), 1)
        self.mean_ = np.where(is_known, values, 0.0).sum(axis=0) / known
        spread = np.sqrt((np.where(is_known, values - self.mean_, 0.0) ** 2).sum(axis=0) / known)
        self.scale_ = np.where(spread > 0, spread, 1.0)
        return self._scaled(matrix)

    def _scaled(self, matrix: Floats) -> Floats:
        bounded = np.clip(_logarithm(matrix[:, self.columns_]), self.low_, self.high_)
        scaled: Floats = np.nan_to_num((bounded - self.mean_) / self.scale_, nan=0.0)
        return scaled

    def _crossed(self, scaled: Floats, is_fraud: Flags, penalty: float) -> Floats:
        """Return each row's log-odds by a model of the other blocks of time."""
        margin = np.empty(len(scaled))
        for block in self._blocks(is_fraud):
            others = np.ones(len(scaled), dtype=bool)
            others[block] = False
            coefficients, intercept = _ridge(scaled[others], is_fraud[others], penalty)
            margin[block] = scaled[block] @ coefficients + intercept
        return margin

    def _blocks(self, is_fraud: Flags) -> Iterator[slice]:
        """Yield stretches of time with the same number of frauds, and genuine rows in each."""
        frauds = np.flatnonzero(is_fraud)
        blocks = min(self.blocks, len(frauds))
        if blocks < 2:
            raise ValueError(f"{len(frauds)} frauds cannot be cut into blocks of time")
        parts = np.array_split(frauds, blocks)
        ends = [(int(last[-1]) + int(first[0]) + 1) // 2 for last, first in pairwise(parts)]
        for start, end in zip([0, *ends], [*ends, len(is_fraud)], strict=True):
            yield slice(start, end)

    def _columns(self, number: int) -> NDArray[np.intp]:
        if self.columns is None:
            return np.arange(number)
        if self.features is None:
            raise ValueError("columns need features: the names of the columns")
        return np.array([self.features.index(name) for name in self.columns])


def _logarithm(values: Floats) -> Floats:
    logarithm: Floats = np.sign(values) * np.log1p(np.abs(values))
    return logarithm


def _ridge(scaled: Floats, is_fraud: Flags, penalty: float) -> tuple[Floats, float]:
    fitted = LogisticRegression(C=penalty, max_iter=1_000, tol=1e-8).fit(scaled, is_fraud)
    return fitted.coef_[0], float(fitted.intercept_[0])


def _loss(is_fraud: Flags, margin: Floats) -> float:
    return float(np.logaddexp(0.0, np.where(is_fraud, -margin, margin)).mean())


def _balanced(margin: Floats, is_fraud: Flags) -> float:
    """Return the intercept with which the expected frauds equal the observed ones."""
    share = float(is_fraud.mean())
    low, high = logit(share) - margin.max() - 1.0, logit(share) - margin.min() + 1.0
    return float(brentq(lambda shift: expit(margin + shift).mean() - share, low, high))
