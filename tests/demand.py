"""Make the histories of series for the tests of demand."""

from __future__ import annotations

import numpy as np

from features.platform.arrays import Floats
from scoring.demand import methods
from scoring.demand.history import History, State
from scoring.demand.past import Past, at_night
from scoring.demand.promotions import Promotions
from scoring.demand.weekdays import Weekdays

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


def a_forecast(name: str, past: Past, steps: int, period: int = 1) -> Floats:
    """Return the forecast of a classical method, with the usual factors of weekdays."""
    return methods.forecast(name, past, Weekdays.usual().profile(past), steps, period)


def a_shop(series: int = 30, days: int = 330, seed: int = 5) -> History:
    """Return series of several rates with a weekday pattern and promotions that double sales."""
    draw = np.random.default_rng(seed)
    rate = draw.lognormal(1.2, 1.0, (series, 1))
    weekday = np.array([0.8, 0.8, 0.9, 1.0, 1.2, 1.4, 0.9])[np.arange(days) % 7]
    first = draw.integers(0, days - 10, (6, series))
    last = first + 6
    day = np.arange(days)[:, None, None]
    is_promoted = ((day >= first) & (day <= last)).any(axis=1).T
    expected = rate * weekday * np.where(is_promoted, 2.0, 1.0)
    units = draw.negative_binomial(8.0, 8.0 / (8.0 + expected)).astype(np.float64)
    owner = np.tile(np.arange(series), 6)
    promotions = Promotions(
        owner,
        MONDAY + first.ravel(),
        MONDAY + last.ravel(),
        MONDAY + first.ravel() - 30,
        np.full(owner.shape, 8.0),
    )
    price = np.where(is_promoted, 8.0, 10.0)
    category = (np.arange(series) % 4).tolist()
    return a_history(units, price=price, category=category, promotions=promotions)
