"""Train a small model whose answers are a count, a list of counts, a quantile and a label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.tree import DecisionTreeClassifier

from features.platform.arrays import Floats

#: Of a week's transactions, by weekday; sevenths have no short decimal form.
SHARES = np.arange(1.0, 8.0) / 28.0


@dataclass(frozen=True, slots=True)
class Forecasts:
    """The answers for some rows, in their order."""

    next_week_count: Floats
    next_week_counts: Floats  # [n, 7] by weekday
    next_week_spend_p90: Floats
    segment: Floats


class ForecastModel(BaseEstimator):  # type: ignore[misc] # scikit-learn ships no types
    """Forecast from trees alone, so the result for a row does not depend on the other rows.

    Args:
        features: names of the matrix' columns, in order.
    """

    FITTED = ("count_", "spend_", "segment_")

    def __init__(self, features: Sequence[str] | None = None) -> None:
        self.features = features

    def fit(self, X: Floats, count: Floats, spend: Floats) -> Self:  # noqa: N803 - as scikit-learn
        """Learn from rows with their next week's count and spend."""
        self.n_features_in_ = X.shape[1]
        settings = {"max_iter": 10, "min_samples_leaf": 20, "early_stopping": False}
        self.count_ = HistGradientBoostingRegressor(loss="poisson", **settings).fit(X, count)
        self.spend_ = HistGradientBoostingRegressor(loss="quantile", quantile=0.9, **settings).fit(
            X, spend
        )
        busy = np.digitize(count, np.quantile(count, [1 / 3, 2 / 3]))
        self.segment_ = DecisionTreeClassifier(max_depth=3, random_state=0).fit(X, busy)
        return self

    def score(self, X: Floats) -> Forecasts:  # noqa: N803 - as scikit-learn
        """Return the answers for some rows."""
        count = self.count_.predict(X)
        return Forecasts(
            count,
            count[:, None] * SHARES,
            self.spend_.predict(X),
            self.segment_.predict(X).astype(float),
        )


def trained(features: Sequence[str], seed: int = 1) -> ForecastModel:
    """Return a model that learned from drawn customers."""
    draw = np.random.default_rng(seed)
    activity = draw.gamma(2.0, 3.0, 600)
    matrix = np.column_stack(
        [draw.poisson(activity * share).astype(float) for share in (0.2, 1.0, 4.0)]
        + [activity * draw.lognormal(3.0, 0.5, 600) for _ in range(2)]
    )
    count = draw.poisson(activity).astype(float)
    return ForecastModel(list(features)).fit(matrix, count, count * draw.lognormal(3.0, 0.5, 600))
