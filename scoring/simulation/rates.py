"""Measures bad rates with intervals that count customers and not rows. Pure.

Rows of one customer are not independent. Their variance is estimated between clusters of customers
(Kish, Survey Sampling, 1965). Wilson's interval (1927) takes the number of independent rows with
the same variance (Korn and Graubard, Survey Methodology, 1998).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Integers
from scoring.simulation.tally import Label

Z = 1.959963984540054  # of a two-sided 95 % interval
FEWEST_CLUSTERS = 10  # with fewer, the variance between clusters is too uncertain to use


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate of observed rows with its 95 % interval.

    Attributes:
        value: in [0, 1].
        low: lower bound.
        high: upper bound.
    """

    value: float
    low: float
    high: float


def bad_rate(clusters: Integers) -> Rate | None:
    """Return the bad rate of rows in clusters of customers; None if no row is observed.

    Args:
        clusters: [clusters, labels] rows.
    """
    bad = clusters[:, Label.BAD].astype(np.float64)
    rows = bad + clusters[:, Label.GOOD]
    total = float(rows.sum())
    if total == 0:
        return None
    value = float(bad.sum()) / total
    return wilson(value, total / _design_effect(bad, rows, value))


def wilson(value: float, rows: float) -> Rate:
    """Return Wilson's 95 % interval of a rate of independent rows."""
    square = Z * Z
    middle = (value + square / (2 * rows)) / (1 + square / rows)
    half = Z / (1 + square / rows) * np.sqrt(value * (1 - value) / rows + square / (4 * rows**2))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Rate(value, min(float(low), value), max(float(high), value))


def _design_effect(bad: np.ndarray, rows: np.ndarray, value: float) -> float:
    """Return how many rows carry as much as one independent row; at least 1."""
    is_held = rows > 0
    count, total = int(is_held.sum()), float(rows.sum())
    independent = value * (1 - value) / total
    if count < FEWEST_CLUSTERS or independent == 0:
        return 1.0
    residuals = bad[is_held] - value * rows[is_held]
    between = count / (count - 1) * float((residuals**2).sum()) / total**2
    return max(1.0, between / independent)
