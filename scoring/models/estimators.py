"""Provides the parts that the models of all domains share: base class, trees and sigmoid."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.utils import ClassifierTags, Tags
from sklearn.utils.validation import check_is_fitted, validate_data
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from features.platform.arrays import Flags, Floats

TREE_SETTINGS = (
    *("max_iter", "learning_rate", "max_leaf_nodes", "min_samples_leaf"),
    *("l2_regularization", "max_features", "random_state"),
)


class EventClassifier(BaseEstimator, ABC):  # type: ignore[misc] # scikit-learn ships no types
    """A model of one event, such as fraud or default, over rows with missing values."""

    #: The attributes that `fit` sets; a model file must hold them all.
    FITTED: ClassVar[tuple[str, ...]] = ("classes_",)

    classes_: NDArray[np.generic]  # no event, event

    def predict_proba(self, X: Floats) -> Floats:  # noqa: N803 - scikit-learn's name
        """Return the probabilities of both classes, as scikit-learn's tools expect them."""
        probability = self._event_probability(X)
        return np.column_stack([1.0 - probability, probability])

    def predict(self, X: Floats) -> NDArray[np.generic]:  # noqa: N803
        """Return the likelier class; decisions follow the policy and never this class."""
        likelier = (self.predict_proba(X)[:, 1] >= 0.5).astype(np.intp)
        chosen: NDArray[np.generic] = self.classes_[likelier]
        return chosen

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.estimator_type = "classifier"
        tags.classifier_tags = ClassifierTags(multi_class=False)
        tags.target_tags.required = True
        tags.input_tags.allow_nan = True
        return tags

    @abstractmethod
    def _event_probability(self, X: Floats) -> Floats:  # noqa: N803
        """Return the calibrated probability of the event: [n]."""

    def _checked(self, X: Floats) -> tuple[Floats, Flags]:  # noqa: N803
        """Return the matrix, contiguous by row, and whether each row is free of infinities: [n]."""
        check_is_fitted(self)
        matrix = validate_data(self, X, dtype=np.float64, reset=False, ensure_all_finite=False)
        return np.ascontiguousarray(matrix), ~np.isinf(matrix).any(axis=1)


def boosted_trees(
    model: BaseEstimator, directions: Sequence[int] | None = None
) -> HistGradientBoostingClassifier:
    """Return unfitted trees with the settings that a model holds under scikit-learn's names.

    Args:
        model: has the attributes `TREE_SETTINGS`.
        directions: per column +1, -1 or 0, the direction in which the event's probability may
            move; None for all 0.
    """
    settings = {name: getattr(model, name) for name in TREE_SETTINGS}
    return HistGradientBoostingClassifier(
        **settings, monotonic_cst=directions, early_stopping=False
    )


def sigmoid(margin: Floats, is_event: Flags, events: str) -> tuple[float, float]:
    """Return slope and intercept of the log-odds of an event over a margin (Platt 1999).

    Args:
        margin: [n], of rows outside the training.
        is_event: [n].
        events: their name in messages, such as `frauds`.

    Raises:
        ValueError: the slope is not positive: the model ranks no better than chance.
    """
    fitted = LogisticRegression(C=np.inf).fit(margin[:, None], is_event)
    slope, intercept = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    if slope <= 0:
        raise ValueError(
            f"the calibrator's slope is {slope:.3f} on {len(is_event)} later rows: the model ranks "
            f"them no better than chance; look for more {events} or better features"
        )
    return slope, intercept


def one_thread() -> threadpool_limits:
    """Limit the computation to one thread: sums of histograms depend on the split of the rows.

    Scores have the same bits with any number of threads. But shards run in parallel, and OpenMP's
    threads wait for each other: on busy cores two threads took ten times as long as one.
    """
    return threadpool_limits(limits=1)
