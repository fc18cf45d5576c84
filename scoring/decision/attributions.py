"""What moved a score: the model's own contributions, told once per characteristic. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from features.views import FeatureView
from scoring.decision.candidates import Speaker


class Explainer(Protocol):
    """A model that can say what each feature added to its log-odds."""

    features: Sequence[str]

    def contributions(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return [n, features], additive in log-odds."""


class Relieving(Explainer, Protocol):
    """A model that can also say what would become of a row without a cause."""

    def relief(self, matrix: NDArray[np.float64], columns: Sequence[int]) -> NDArray[np.float64]:
        """Return [n] by how much the log-odds fall if some columns stood at the reference."""


def by_characteristic(
    model: Explainer | None,
    matrix: NDArray[np.float64],
    asked: NDArray[np.bool_],
    view: FeatureView,
) -> tuple[list[Speaker], NDArray[np.float64]]:
    """Sum contributions over the features of one characteristic; its largest feature speaks for it.

    Args:
        model: None where none could be loaded; then nothing is attributed.
        matrix: [n, model.features].
        asked: [n]; the rows whose score asked for more than an approval. The rest is NaN.
        view: says which feature tells about which characteristic.

    Returns:
        One speaker per feature of the model, and the weights [n, speakers]: the sum of the
        characteristic at the feature that contributed most to it in this row, NaN elsewhere.
    """
    names = list(model.features) if model is not None else []
    speakers = [
        Speaker(feature.characteristic.replace(" ", "_"), feature.name, feature.analyst_text)
        for feature in map(view.feature, names)
    ]
    weights = np.full((len(matrix), len(names)), np.nan)
    rows = np.flatnonzero(asked)
    if model is None or len(rows) == 0:
        return speakers, weights
    parts = model.contributions(matrix[rows])
    for positions in _members(names, view):
        own = parts[:, positions]
        loudest = np.array(positions)[own.argmax(axis=1)]
        # summed row by row and not by a matrix product, whose order of additions depends on shape
        weights[rows, loudest] = own.sum(axis=1)
    return speakers, weights


def relieving(
    model: Relieving, matrix: NDArray[np.float64], weights: NDArray[np.float64], view: FeatureView
) -> NDArray[np.float64]:
    """Silence every characteristic whose removal alone would not improve the score.

    A Shapley value is a mean over the orders in which causes are removed, so a small one may be
    positive for a cause that does not matter by itself: nobody could act on such a reason.

    Args:
        model: whose contributions were told.
        matrix: [n, model.features].
        weights: [n, model.features], of `by_characteristic` for the same rows.
        view: says which feature tells about which characteristic.

    Returns:
        The weights, at most 0 where there is no relief.
    """
    kept = weights.copy()
    for positions in _members(model.features, view):
        told = np.flatnonzero((np.nan_to_num(weights[:, positions]) > 0).any(axis=1))
        if len(told):
            idle = told[model.relief(matrix[told], positions) <= 0]
            silenced = np.ix_(idle, np.array(positions))
            kept[silenced] = np.minimum(kept[silenced], 0.0)
    return kept


def _members(names: Sequence[str], view: FeatureView) -> list[list[int]]:
    """Return the positions of the features of each characteristic."""
    members: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        members.setdefault(view.feature(name).characteristic, []).append(position)
    return list(members.values())
