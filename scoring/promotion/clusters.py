"""Adds up the contributions of rows per customer, whose rows are not independent. Pure.

The variance of a measure is the sum of squares of these sums (Liang and Zeger 1986).
Rows that repeat within a customer never make a measure look more precise.
"""

from __future__ import annotations

import numpy as np

from features.platform.arrays import Codes, Flags, Floats


def sums(influence: Floats, cluster: Codes) -> Floats:
    """Return the sum of the rows' contributions per cluster with a row: [G].

    Args:
        influence: [n] the contribution of each row to the error of a measure.
        cluster: [n] codes from 0.
    """
    has_rows: Flags = np.bincount(cluster) > 0
    totals: Floats = np.bincount(cluster, influence).astype(np.float64)
    return totals[has_rows]


def standard_error(influence: Floats, cluster: Codes) -> float:
    """Return the cluster-robust standard error of a measure; NaN for fewer than two clusters."""
    by_cluster = sums(influence, cluster)
    count = len(by_cluster)
    if count < 2:
        return float("nan")
    return float(np.sqrt(count / (count - 1) * np.sum(by_cluster**2)))
