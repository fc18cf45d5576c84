"""Shrink estimates towards their overall mean by empirical Bayes. Pure.

The spread of the true values comes from the estimates themselves (Paule and Mandel). The error of
the shrunken value includes that of the mean, and the correction of Morris for a spread that is
estimated (Parametric Empirical Bayes Inference, 1983).
"""

from __future__ import annotations

import numpy as np

from features.platform.arrays import Floats

_HALVINGS = 60


def spread(value: Floats, error: Floats) -> float:
    """Return the variance of the true values, such that the weighted squares match their number."""
    if len(value) < 2:
        return 0.0

    def excess(variance: float) -> float:
        weight = 1.0 / (error**2 + variance)
        mean = (weight * value).sum() / weight.sum()
        return float((weight * (value - mean) ** 2).sum() - (len(value) - 1))

    low, high = 0.0, float(np.var(value) * len(value) + np.max(error**2))
    if excess(low) <= 0:
        return 0.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return high


def shrink(value: Floats, error: Floats) -> tuple[Floats, Floats]:
    """Return shrunken values and their standard errors: [n] each.

    Fewer than three values have no overall mean that is worth a step: they stay as they are.

    Args:
        value: [n] estimates.
        error: [n] their standard errors, above 0.
    """
    count = len(value)
    if count < 3:
        return value, error
    variance = spread(value, error)
    weight = 1.0 / (error**2 + variance)
    mean = (weight * value).sum() / weight.sum()
    # the share of the step towards the mean, smaller for a spread that few values tell
    step = (count - 3) / (count - 1) * error**2 * weight
    own = weight / weight.sum()
    square = error**2 * (1 - (1 - own) * step)
    square = square + 2.0 / max(count - 3, 1) * step**2 * (value - mean) ** 2
    return value + step * (mean - value), np.sqrt(square)
