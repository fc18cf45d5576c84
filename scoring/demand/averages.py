"""Average the observed values of rows, the newest value first. Pure.

Each function takes a matrix of values [n, T] and flags of the same shape that say which values are
observed. A row without an observed value has the answer NaN.
"""

from __future__ import annotations

import numpy as np

from features.platform.arrays import Flags, Floats


def ratio(part: Floats, whole: Floats) -> Floats:
    """Return part over whole, NaN where the whole is not above 0: [n]."""
    answer = np.full(part.shape, np.nan)
    np.divide(part, whole, out=answer, where=whole > 0)
    return answer


def mean(values: Floats, is_observed: Flags) -> Floats:
    """Return the mean of the observed values: [n]."""
    sums = np.where(is_observed, values, 0.0).sum(axis=1)
    return ratio(sums, is_observed.sum(axis=1).astype(np.float64))


def quantile(values: Floats, is_observed: Flags, share: float) -> Floats:
    """Return the quantile of the observed values, between neighbours by a straight line: [n]."""
    ordered = np.sort(np.where(is_observed, values, np.inf), axis=1)
    place = np.maximum(is_observed.sum(axis=1) - 1, 0) * share
    low = np.floor(place).astype(np.int64)
    rows = np.arange(len(ordered))
    lower, upper = ordered[rows, low], ordered[rows, np.ceil(place).astype(np.int64)]
    is_known = np.isfinite(lower)
    between = np.where(is_known, upper, 0.0) - np.where(is_known, lower, 0.0)
    return np.where(is_known, lower + (place - low) * between, np.nan)


def median(values: Floats, is_observed: Flags) -> Floats:
    """Return the median of the observed values: [n]."""
    return quantile(values, is_observed, 0.5)


def newest(values: Floats, is_observed: Flags) -> Floats:
    """Return the newest observed value: [n]."""
    if not values.shape[1]:
        return np.full(len(values), np.nan)
    place = np.argmax(is_observed, axis=1)
    return np.where(is_observed.any(axis=1), values[np.arange(len(values)), place], np.nan)


def exponential(values: Floats, is_observed: Flags, smoothing: float) -> Floats:
    """Return the exponential mean of the observed values: [n].

    The k-th newest observed value has the weight (1 - smoothing)^k. The weights are divided by
    their sum, so the first value of a short row has no weight of its own (no warm-up).
    """
    rank = np.cumsum(is_observed, axis=1) - 1
    weights = np.where(is_observed, (1.0 - smoothing) ** np.maximum(rank, 0), 0.0)
    return ratio((weights * values).sum(axis=1), weights.sum(axis=1))


def gaps(is_observed: Flags, sold: Flags) -> tuple[Floats, Flags]:
    """Return the observed periods between a sale and the sale before it, and where: [n, T] each."""
    rank = np.cumsum(is_observed, axis=1).astype(np.float64)
    older = np.minimum.accumulate(np.where(sold, rank, np.inf)[:, ::-1], axis=1)[:, ::-1]
    before = np.pad(older[:, 1:], ((0, 0), (0, 1)), constant_values=np.inf)
    is_gap = sold & np.isfinite(before)
    return np.where(is_gap, before - np.where(is_gap, rank, 0.0), 0.0), is_gap


def squared_variation(values: Floats, is_observed: Flags) -> Floats:
    """Return the variance of the observed values over their squared mean: [n]."""
    centre = mean(values, is_observed)
    distance = np.where(is_observed, values - np.nan_to_num(centre)[:, None], 0.0)
    return ratio(mean(distance * distance, is_observed), centre * centre)


def slope(values: Floats, is_observed: Flags) -> Floats:
    """Return the least-squares change of the observed values per period: [n].

    A row with fewer than two observed values has none.
    """
    time = np.broadcast_to(-np.arange(values.shape[1], dtype=np.float64), values.shape)
    centre, middle = mean(values, is_observed), mean(time, is_observed)
    distance = np.where(is_observed, time - np.nan_to_num(middle)[:, None], 0.0)
    return ratio(
        (distance * np.where(is_observed, values - np.nan_to_num(centre)[:, None], 0.0)).sum(
            axis=1
        ),
        (distance * distance).sum(axis=1),
    )
