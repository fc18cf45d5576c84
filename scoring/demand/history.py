"""Hold the units, the stock and the prices of series, and cut the look-back of a night. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from features.platform.arrays import Codes, Flags, Floats, Levels
from scoring.demand.promotions import Promotions, covered

#: Days that the columns look back; the 56 days of a year ago are the oldest.
LOOK_BACK = 420


class State(IntEnum):
    """The stock of a series in a period."""

    OPEN = 0
    OUT = 1
    PARTIAL = 2
    UNKNOWN = 3


@dataclass(frozen=True, slots=True)
class History:
    """The units, the stock and the prices of S series in T periods.

    Args:
        units: [S, T], >= 0; 0 where nothing was sold.
        state: [S, T], a `State`.
        price: [S, T], net price of a piece; NaN where nothing was sold.
        merchant: [S], a code.
        category: [S], a code within the merchant; -1 for none.
        promotions: known and future ones.
        first_day: day number of the first day of the first period, since 1970.
        period: days of a period, 1 or 7.
    """

    units: Floats
    state: Levels
    price: Floats
    merchant: Codes
    category: Codes
    promotions: Promotions
    first_day: int
    period: int = 1

    def day_at(self, place: int) -> int:
        """Return the day number of the last day of a period."""
        return self.first_day + (place + 1) * self.period - 1


@dataclass(frozen=True, slots=True)
class Known:
    """The look-back of S series, the newest period first; every matrix is [S, W].

    Args:
        units: 0 before the first period with units.
        state: a `State`.
        price: NaN where nothing was sold.
        age: [S] periods between the night and the first period with units.
        is_observed: whether the units of a period are demand.
        promoted: whether a promotion known at the night covers the period.
    """

    units: Floats
    state: Levels
    price: Floats
    age: Codes
    is_observed: Flags
    promoted: Flags


def look_back(history: History, place: int) -> Known:
    """Return the look-back of the series at the night of a period."""
    width = LOOK_BACK // history.period
    start = max(0, place + 1 - width)
    short = width - (place + 1 - start)

    def newest_first(matrix: Floats | Levels, empty: float) -> Floats:
        part = np.asarray(matrix[:, start : place + 1], dtype=np.float64)[:, ::-1]
        return np.pad(part, ((0, 0), (0, short)), constant_values=empty)

    units, state = newest_first(history.units, 0.0), newest_first(history.state, 0.0)
    sold = units > 0
    age = width - 1 - np.argmax(sold[:, ::-1], axis=1)
    age = np.where(sold.any(axis=1), age, -1)
    lives = np.arange(width) <= age[:, None]
    is_observed = lives & ((state == State.OPEN) | (state == State.UNKNOWN))
    days = history.day_at(place) - history.period * np.arange(width)
    promoted = covered(history.promotions, history.day_at(place), days, len(age))
    return Known(
        units,
        state.astype(np.int8),
        np.where(sold, newest_first(history.price, np.nan), np.nan),
        age.astype(np.int64),
        is_observed,
        promoted,
    )
