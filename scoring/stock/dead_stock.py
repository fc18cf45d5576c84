"""Find stock that does not sell, and stock beyond a year of expected demand. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Flags, Floats, Integers

QUIET_DAYS = 91
YEAR = 364


@dataclass(frozen=True, slots=True)
class DeadStock:
    """The idle stock of P products; each array is [P].

    Args:
        is_dead: whether stock exists and the product has not sold for `QUIET_DAYS`.
        excess: pieces beyond a year of expected demand; all pieces of a dead product.
        value: cost of the excess; NaN where the cost of a piece is unknown.
    """

    is_dead: Flags
    excess: Integers
    value: Floats


def find(
    on_hand: Integers,
    days_since_sale: Floats,
    age_days: Floats,
    mean_per_day: Floats,
    unit_cost: Floats,
) -> DeadStock:
    """Return the idle stock; a product younger than `QUIET_DAYS` is never dead.

    Args:
        on_hand: [P] pieces.
        days_since_sale: [P]; NaN = it never sold.
        age_days: [P] since the product is known; NaN = unknown.
        mean_per_day: [P] expected pieces; NaN counts as 0.
        unit_cost: [P]; NaN = unknown.
    """
    is_quiet = np.isnan(days_since_sale) | (days_since_sale >= QUIET_DAYS)
    is_dead = (on_hand > 0) & is_quiet & (age_days >= QUIET_DAYS)
    year = np.ceil(np.nan_to_num(mean_per_day) * YEAR).astype(np.int64)
    beyond = np.where(age_days >= QUIET_DAYS, np.maximum(on_hand - year, 0), 0)
    excess = np.where(is_dead, on_hand, beyond)
    return DeadStock(is_dead, excess, excess * unit_cost)
