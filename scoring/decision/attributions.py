"""Attributes a score to characteristics, from the model's own contributions. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from features.views import FeatureView
from scoring.decision.candidates import FeatureReason


class Explainer(Protocol):
    """A model with additive contributions of its features in log-odds."""

    features: Sequence[str]

    def contributions(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return [n, features], additive in log-odds."""


class ReliefExplainer(Explainer, Protocol):
    """A model that can also compute the score of a row without some of its features."""

    def relief(self, matrix: NDArray[np.float64], columns: Sequence[int]) -> NDArray[np.float64]:
        """Return [n]: the drop of the log-odds if some columns had their reference values."""


def by_characteristic(
    model: Explainer | None,
    matrix: NDArray[np.float64],
    is_adverse: NDArray[np.bool_],
    view: FeatureView,
) -> tuple[list[FeatureReason], NDArray[np.float64]]:
    """Sum contributions by characteristic; the largest feature represents its characteristic.

    Args:
        model: None if none could be loaded; then all weights are NaN.
        matrix: [n, model.features].
        is_adverse: [n], the rows with a model outcome stricter than an approval. Other rows get
            NaN.
        view: maps each feature to its characteristic.

    Returns:
        One reason per feature of the model, and the weights [n, features]. The sum of a
        characteristic is at its largest feature in this row; the other features have NaN.
    """
    names = list(model.features) if model is not None else []
    feature_reasons = [
        FeatureReason(feature.characteristic.replace(" ", "_"), feature.name, feature.analyst_text)
        for feature in map(view.feature, names)
    ]
    weights = np.full((len(matrix), len(names)), np.nan)
    rows = np.flatnonzero(is_adverse)
    if model is None or len(rows) == 0:
        return feature_reasons, weights
    parts = model.contributions(matrix[rows])
    for positions in _members(names, view):
        own = parts[:, positions]
        largest = np.array(positions)[own.argmax(axis=1)]
        # summed row by row: the order of additions in a matrix product depends on its shape
        weights[rows, largest] = own.sum(axis=1)
    return feature_reasons, weights


def relieving(
    model: ReliefExplainer,
    matrix: NDArray[np.float64],
    weights: NDArray[np.float64],
    view: FeatureView,
) -> NDArray[np.float64]:
    """Cap at 0 every characteristic whose removal alone would not improve the score.

    A Shapley value is a mean over the orders of removal. A small positive value can belong to a
    characteristic that does not matter by itself, and an applicant could not act on such a reason.

    Args:
        model: the model of the weights.
        matrix: [n, model.features].
        weights: [n, model.features], of `by_characteristic` for the same rows.
        view: maps each feature to its characteristic.

    Returns:
        The weights; at most 0 if there is no relief.
    """
    kept = weights.copy()
    for positions in _members(model.features, view):
        rows = np.flatnonzero((np.nan_to_num(weights[:, positions]) > 0).any(axis=1))
        if len(rows):
            idle = rows[model.relief(matrix[rows], positions) <= 0]
            cells = np.ix_(idle, np.array(positions))
            kept[cells] = np.minimum(kept[cells], 0.0)
    return kept


def _members(names: Sequence[str], view: FeatureView) -> list[list[int]]:
    """Return the positions of the features of each characteristic."""
    members: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        members.setdefault(view.feature(name).characteristic, []).append(position)
    return list(members.values())
