"""Bounds the weights of rows whose labels were selected, and states what they cost. Pure.

Only granted loans have an outcome. A row with a small chance of a label stands for many rows, and a
few such rows would decide alone, so weights are clipped (Ionides 2008).
"""

from __future__ import annotations

import numpy as np

from features.platform.arrays import Floats


def clipped(weight: Floats, clip: float) -> tuple[Floats, int]:
    """Return the weights with mean 1, clipped, and how many were clipped.

    Args:
        weight: [n] > 0.
        clip: the largest weight, in medians of the weights; a mean would follow the huge ones.
    """
    largest = clip * float(np.median(weight))
    bounded: Floats = np.minimum(weight, largest)
    return bounded / bounded.mean(), int((weight > largest).sum())


def effective_rows(weight: Floats | None, rows: int) -> float:
    """Return how many rows of equal weight give the same precision (Kish 1965)."""
    return float(rows) if weight is None else float(weight.sum() ** 2 / (weight**2).sum())
