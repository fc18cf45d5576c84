"""What moved a score: the model's own contributions, summed by characteristic. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from features.views import FeatureView
from scoring.decision.reasons import Characteristic


class Explainer(Protocol):
    """A model that can say what each feature added to its log-odds."""

    features: Sequence[str]

    def contributions(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return [n, features], additive in log-odds."""


def by_characteristic(
    model: Explainer | None,
    matrix: NDArray[np.float64],
    asked: NDArray[np.bool_],
    view: FeatureView,
) -> tuple[list[Characteristic], NDArray[np.float64]]:
    """Sum contributions over the features of one characteristic.

    Args:
        model: None where none could be loaded; then nothing is attributed.
        matrix: [n, model.features].
        asked: [n]; the rows whose score asked for more than an approval. The rest holds zeros.
        view: says which feature tells about which characteristic.

    Returns:
        The characteristics in the view's order, and their contributions [n, characteristics].
    """
    declared = {feature.name: feature for feature in view.features}
    names = list(model.features) if model is not None else []
    texts: dict[str, str] = {}
    members: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        feature = declared[name]
        texts.setdefault(feature.characteristic, feature.analyst_text)
        members.setdefault(feature.characteristic, []).append(position)

    parts = np.zeros((len(matrix), len(names)))
    if model is not None and asked.any():
        parts[asked] = model.contributions(matrix[asked])
    # summed row by row and not by a matrix product, whose order of additions depends on its shape
    sums = [parts[:, positions].sum(axis=1) for positions in members.values()]
    contributions = np.column_stack(sums) if sums else np.zeros((len(matrix), 0))
    return [Characteristic(code, text) for code, text in texts.items()], contributions
