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
    speakers: list[Speaker] = []
    members: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        feature = view.feature(name)
        members.setdefault(feature.characteristic, []).append(position)
        code = feature.characteristic.replace(" ", "_")
        speakers.append(Speaker(code, name, feature.analyst_text))

    weights = np.full((len(matrix), len(names)), np.nan)
    rows = np.flatnonzero(asked)
    if model is None or len(rows) == 0:
        return speakers, weights
    parts = model.contributions(matrix[rows])
    for positions in members.values():
        own = parts[:, positions]
        loudest = np.array(positions)[own.argmax(axis=1)]
        # summed row by row and not by a matrix product, whose order of additions depends on shape
        weights[rows, loudest] = own.sum(axis=1)
    return speakers, weights
