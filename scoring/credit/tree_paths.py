"""Computes exact Shapley values of a boosted score between a reference and a row. Pure.

A leaf is a set of intervals, one per column on its path. A row that differs from the reference
reaches the leaf if it takes its own values for some columns and reference values for others. So
the Shapley value of each column has a closed form (baseline Shapley: Sundararajan and Najmi 2020).
Missing values follow the branches of the trees exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import factorial, inf
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from features.platform.arrays import Floats


class _Interval(NamedTuple):
    """The values of one column that pass a path: above `low`, up to `high`, perhaps missing."""

    low: float = -inf
    high: float = inf
    takes_missing: bool = True


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf: its value, and by column on its path the interval of the path."""

    value: float
    columns: NDArray[np.intp]
    low: Floats
    high: Floats
    takes_missing: NDArray[np.bool_]

    def admits(self, rows: Floats) -> NDArray[np.bool_]:
        """Return whether the values of rows [n, all columns] lie in the intervals [n, columns]."""
        values = rows[:, self.columns]
        inside = (values > self.low) & (values <= self.high)
        return np.where(np.isnan(values), self.takes_missing, inside)


def leaves(model: HistGradientBoostingClassifier) -> list[Leaf]:
    """Return every leaf of every tree, in their order; all splits must be numeric.

    scikit-learn has no public access to the trees; it scores with these private nodes.
    """
    return [
        leaf for (predictor,) in model._predictors for leaf in _leaves_below(predictor.nodes, 0, {})
    ]


def shapley(leaves: Sequence[Leaf], rows: Floats, reference: Floats) -> Floats:
    """Return the contribution of each column between a reference and rows.

    Args:
        leaves: the leaves of the model.
        rows: [n, columns], NaN is missing.
        reference: [columns].

    Returns:
        [n, columns]; a row's sum is its margin less that of the reference.
    """
    result = np.zeros(rows.shape)
    for leaf in leaves:
        row_passes = leaf.admits(rows)
        reference_passes = leaf.admits(reference[None, :])
        needs_row = row_passes & ~reference_passes
        needs_reference = ~row_passes & reference_passes
        is_reachable = (row_passes | reference_passes).all(axis=1)
        for_row, for_reference = _shares(len(leaf.columns))
        counts = needs_row.sum(axis=1), needs_reference.sum(axis=1)
        value = np.where(is_reachable, leaf.value, 0.0)
        added = needs_row * (value * for_row[counts])[:, None]
        taken = needs_reference * (value * for_reference[counts])[:, None]
        result[:, leaf.columns] += added - taken
    return result


def _shares(most: int) -> tuple[Floats, Floats]:
    """Return a column's share of a leaf, by the counts of columns that need either value."""
    for_row, for_reference = np.zeros((2, most + 1, most + 1))
    for own in range(most + 1):
        for other in range(most + 1 - own):
            orders = factorial(own + other)
            if own:
                for_row[own, other] = factorial(own - 1) * factorial(other) / orders
            if other:
                for_reference[own, other] = factorial(own) * factorial(other - 1) / orders
    return for_row, for_reference


def _leaves_below(
    nodes: NDArray[Any], position: int, path: Mapping[int, _Interval]
) -> Iterator[Leaf]:
    node = nodes[position]
    if node["is_leaf"]:
        bounds = list(path.values())
        yield Leaf(
            float(node["value"]),
            np.array(list(path), dtype=np.intp),
            np.array([bound.low for bound in bounds]),
            np.array([bound.high for bound in bounds]),
            np.array([bound.takes_missing for bound in bounds], dtype=bool),
        )
        return
    column, threshold = int(node["feature_idx"]), float(node["num_threshold"])
    goes_left = bool(node["missing_go_to_left"])
    before = path.get(column, _Interval())
    left = _Interval(before.low, min(before.high, threshold), before.takes_missing and goes_left)
    right = _Interval(
        max(before.low, threshold), before.high, before.takes_missing and not goes_left
    )
    yield from _leaves_below(nodes, int(node["left"]), {**path, column: left})
    yield from _leaves_below(nodes, int(node["right"]), {**path, column: right})
