"""Challenges the parametric models with boosted trees on all features of a customer night. Pure.

Trees see seasons, returns and categories, which the parametric models do not know. Each target has
trees of its own, with a Poisson loss, whose optimum is the mean and never negative.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from features.platform.arrays import Floats
from scoring.models.estimators import one_thread
from scoring.value.rows import HORIZONS, TARGETS, TrainingSet

SETTINGS = {
    "loss": "poisson",
    "max_iter": 120,
    "learning_rate": 0.05,
    "max_leaf_nodes": 12,
    "min_samples_leaf": 60,
    "l2_regularization": 5.0,
    "early_stopping": False,
    "random_state": 0,
}
#: Fewer snapshots of customers, or fewer that bought afterwards, teach no trees.
LEAST_ROWS, LEAST_BUYERS = 500, 100


def has_enough(rows: TrainingSet, day: int) -> bool:
    """Whether the snapshots that were closed on a day can teach the trees of every target."""
    closed = [rows.closed(target, day).targets[:, target] for target in range(len(TARGETS))]
    return all(
        len(target) >= LEAST_ROWS and np.count_nonzero(target > 0) >= LEAST_BUYERS
        for target in closed
    )


def fit(
    rows: TrainingSet, codes: Floats, day: int | None = None
) -> list[HistGradientBoostingRegressor]:
    """Return the trees of each target, in the order of `TARGETS`.

    Args:
        rows: snapshots; a target that is not closed teaches nothing.
        codes: [n] the index of each row's merchant, NaN for others; the last column of the matrix.
        day: the targets must be closed at its end; None: all that are closed.
    """
    extended = rows.with_column(codes)
    newest = int(rows.day.max(initial=0)) + max(HORIZONS) if day is None else day
    trees = []
    for target in range(len(TARGETS)):
        closed = extended.closed(target, newest)
        # a mean net below 0 is no spend: what a customer returns was bought before the snapshot
        outcome = np.maximum(closed.targets[:, target], 0.0)
        with one_thread():
            learnt = HistGradientBoostingRegressor(**SETTINGS).fit(_filled(closed.matrix), outcome)
        trees.append(learnt)
    return trees


def _filled(matrix: Floats) -> Floats:
    """Give a column without any value the value 0: trees split no constant, and fail on none."""
    return np.where(np.isnan(matrix).all(axis=0), 0.0, matrix)


def predict(trees: Sequence[HistGradientBoostingRegressor], matrix: Floats) -> Floats:
    """Return the answers of the trees for n rows: [n, 4], ordered as `TARGETS`.

    The trees of two horizons know nothing of each other; the longer horizon never has less.
    """
    with one_thread():
        answers = np.column_stack([tree.predict(matrix) for tree in trees])
    answers[:, : len(HORIZONS)] = np.minimum(answers[:, : len(HORIZONS)], HORIZONS)
    for near in range(0, len(TARGETS), len(HORIZONS)):
        answers[:, near + 1] = np.maximum(answers[:, near], answers[:, near + 1])
    return answers
