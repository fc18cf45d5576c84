"""Make the histories of series for the tests of demand."""

from __future__ import annotations

import numpy as np

from features.platform.arrays import Floats
from scoring.demand.history import History, State
from scoring.demand.past import Past, at_night
from scoring.demand.promotions import Promotions

#: Day 19 723 since 1970 is Monday, 2024-01-01.
MONDAY = 19_723


def a_history(
    units: Floats,
    *,
    out: Floats | None = None,
    partial: Floats | None = None,
    price: Floats | None = None,
    category: list[int] | None = None,
    promotions: Promotions | None = None,
    period: int = 1,
) -> History:
    """Return the history of series that begin on a Monday, with stock where nothing else is said.

    Args:
        units: [S, T].
        out: [S, T], 1 = without stock.
        partial: [S, T], 1 = with stock for a part of the period.
        price: [S, T]; None = 10 for each piece.
        category: [S]; None = one category.
        promotions: of the series.
        period: days of a period.
    """
    units = np.atleast_2d(np.asarray(units, dtype=np.float64))
    state = np.full(units.shape, State.OPEN, dtype=np.int8)
    if out is not None:
        state[np.atleast_2d(out) > 0] = State.OUT
    if partial is not None:
        state[np.atleast_2d(partial) > 0] = State.PARTIAL
    return History(
        units=units,
        state=state,
        price=np.full(units.shape, 10.0) if price is None else np.atleast_2d(price),
        merchant=np.zeros(len(units), dtype=np.int64),
        category=np.array(category or [0] * len(units)),
        promotions=promotions or Promotions.none(),
        first_day=MONDAY,
        period=period,
    )


def a_promotion(
    first: int, last: int, known: int, price: float = 8.0, series: int = 0
) -> Promotions:
    """Return one promotion; its days are counted from the first Monday."""
    days = [np.array([MONDAY + day]) for day in (first, last, known)]
    return Promotions(np.array([series]), *days, np.array([price]))


def the_past(history: History, place: int | None = None) -> Past:
    """Return the columns at a period, the last one by default."""
    return at_night(history, history.units.shape[1] - 1 if place is None else place)
