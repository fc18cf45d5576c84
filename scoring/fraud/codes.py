"""Replaces each value by the number of its bin, with narrow bins in both tails. Pure.

Boosting over histograms cuts a column at 255 even quantiles, so its last bin holds 0.4 % of the
rows. Frauds are rarer than that: on the handbook every payment above 220 is a fraud, these are
0.2 % of the rows, and the last bin began at 190. No tree could cut at 220, and some of the payments
above it got a probability of 0.1. With at most 255 different values the trees take each value as a
bin of its own, so our edges decide: even quantiles in the middle, finer ones in the tails, and in
each tail the cuts that separate frauds best.
"""

from __future__ import annotations

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from features.platform.arrays import Flags, Floats

MIDDLE, TAIL, CUTS = 190, 24, 4  # edges; all of them and both tails make at most 254 bins
TAIL_SHARE = 0.02  # of the known values, at each end
FEWEST_ROWS = 5  # on each side of a cut in a tail


def edges(matrix: Floats, is_fraud: Flags) -> Floats:
    """Return the inner edges of each column's bins, ascending, padded with infinity: [columns, e].

    Args:
        matrix: the training rows; null is NaN.
        is_fraud: their labels.
    """
    of_columns = [_of_column(column, is_fraud) for column in matrix.T]
    padded = np.full((len(of_columns), max(map(len, of_columns))), np.inf)
    for row, found in zip(padded, of_columns, strict=True):
        row[: len(found)] = found
    return padded


def of(edges: Floats, matrix: Floats) -> Floats:
    """Return the number of each value's bin, from 0; NaN stays NaN. The order of values is kept."""
    result = np.empty(matrix.shape)
    for position, bounds in enumerate(edges):
        values = matrix[:, position]
        result[:, position] = np.searchsorted(bounds, values)
        result[np.isnan(values), position] = np.nan
    return result


def _of_column(column: Floats, is_fraud: Flags) -> Floats:
    is_known = ~np.isnan(column)
    values = column[is_known]
    different = np.unique(values)
    if len(different) <= MIDDLE:
        return _between(different)
    low, high = np.quantile(values, [TAIL_SHARE, 1 - TAIL_SHARE])
    parts = [np.quantile(values, np.linspace(0, 1, MIDDLE + 2)[1:-1])]
    for is_tail in (values <= low, values >= high):
        tail, label = values[is_tail], is_fraud[is_known][is_tail]
        parts.append(np.quantile(tail, np.linspace(0, 1, TAIL + 2)[1:-1]))
        parts.append(_cuts(tail, label))
    # a value on an edge lies below it, as in scikit-learn's trees
    return np.unique(np.concatenate(parts))


def _between(different: Floats) -> Floats:
    return (different[:-1] + different[1:]) / 2


def _cuts(values: Floats, label: Flags) -> Floats:
    """Return the values at which the share of frauds changes most."""
    tree = DecisionTreeClassifier(
        criterion="entropy", max_leaf_nodes=CUTS + 1, min_samples_leaf=FEWEST_ROWS, random_state=0
    ).fit(values[:, None], label)
    return np.asarray(tree.tree_.threshold[tree.tree_.feature == 0], dtype=np.float64)
