"""Turn a service level into the pieces that an order needs, from simulated paths. Pure.

Three statements of a service level exist. Cycle service is the share of order cycles without a lost
sale. Fill rate is the share of demanded pieces that are sold. The newsvendor's ratio derives the
cycle service from costs: `lost margin / (lost margin + cost of holding)` (Arrow, Harris, Marschak
1951).

The fill rate respects the lot. Reviewed stock that is ordered in lots of Q pieces lies uniformly
among Q positions after a review (Hadley and Whitin 1963). So an order is due where the mean loss
over the Q positions from the present one up exceeds the permitted loss. Large packs thus wait for a
lower stock than single pieces do.
"""

from __future__ import annotations

import numpy as np

from features.platform.arrays import Floats, Integers


def newsvendor_ratio(margin: Floats, holding: Floats) -> Floats:
    """Return the cycle service of least cost: [P] in [0, 1]; NaN where both costs are 0.

    Args:
        margin: [P] lost per piece that is missing.
        holding: [P] cost per piece that is left at the end of a cycle.
    """
    total = margin + holding
    ratio: Floats = np.divide(margin, total, out=np.full(len(total), np.nan), where=total > 0)
    return ratio


def for_cycle_service(preventable: Integers, service: Floats) -> Integers:
    """Return the least pieces with which a share of the paths loses no sale: [P].

    Args:
        preventable: [P, N] pieces that a path needs; negative = it has more than it needs.
        service: [P] the share.
    """
    paths = preventable.shape[1]
    rank = np.clip(np.ceil(service * paths - 1e-9).astype(np.int64) - 1, 0, paths - 1)
    needed = np.take_along_axis(np.sort(preventable, axis=1), rank[:, None], axis=1)[:, 0]
    need: Integers = np.maximum(needed, 0)
    return need


def for_fill_rate(
    preventable: Integers, cycle: Floats, fill_rate: Floats, lot: Integers
) -> Integers:
    """Return the least pieces with which a share of the cycle's demand is sold: [P].

    Args:
        preventable: [P, N] pieces that a path needs.
        cycle: [P] expected demand of the cycle.
        fill_rate: [P] the share.
        lot: [P] pieces of a lot, >= 1.
    """
    permitted = (1.0 - fill_rate) * cycle * lot + 1e-9  # of rounding
    low: Integers = np.full(len(lot), -1, dtype=np.int64)  # exceeds the permitted loss, or is -1
    high: Integers = np.maximum(preventable.max(axis=1), 0)  # does not exceed it
    for _ in range(int(high.max(initial=0) + 1).bit_length()):
        middle = (low + high) // 2
        is_enough = _lost_over_lot(preventable, np.maximum(middle, 0), lot) <= permitted
        high = np.where(is_enough & (middle > low), middle, high)
        low = np.where(is_enough, low, middle)
    return high


def _lost_over_lot(preventable: Integers, quantity: Integers, lot: Integers) -> Floats:
    """Return the expected loss, summed over the positions quantity .. quantity + lot - 1: [P]."""
    upper = _triangle(preventable - quantity[:, None])
    lower = _triangle(preventable - (quantity + lot)[:, None])
    lost: Floats = (upper - lower).mean(axis=1)
    return lost


def _triangle(pieces: Integers) -> Integers:
    """Return 1 + 2 + .. + n where n > 0, else 0."""
    positive = np.maximum(pieces, 0)
    total: Integers = positive * (positive + 1) // 2
    return total
