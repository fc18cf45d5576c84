"""Join the columns of series-nights with the units that followed them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Flags, Floats, Integers
from scoring.demand.history import History, State
from scoring.demand.past import Past, at_night


@dataclass(frozen=True, slots=True)
class Rows:
    """The columns of n series-nights and the units of the periods after them.

    Args:
        past: the columns.
        units: [n, steps]; NaN = not known yet, or without stock for a part of the period.
    """

    past: Past
    units: Floats

    def __len__(self) -> int:
        return len(self.units)

    @property
    def steps(self) -> int:
        """The periods ahead."""
        return int(self.units.shape[1])

    @property
    def night(self) -> Integers:
        """The day number of each night: [n]."""
        return self.past["night_day"].astype(np.int64)

    def take(self, chosen: Flags | Integers) -> Rows:
        """Return the chosen rows."""
        return Rows(self.past.take(chosen), self.units[chosen])

    def known_by(self, day: int, period: int = 1) -> Rows:
        """Return the rows of the nights before a day, with the units that are known on the day.

        Args:
            day: its number.
            period: days of a period.
        """
        earlier = self.take(self.night < day)
        ends = earlier.night[:, None] + period * np.arange(1, self.steps + 1)
        return Rows(earlier.past, np.where(ends <= day, earlier.units, np.nan))


def of_history(history: History, places: Sequence[int], steps: int) -> Rows:
    """Return the rows of some nights of a history, with the units that followed.

    Args:
        history: the series.
        places: the periods that are nights.
        steps: periods ahead; a period after the history has no units.
    """
    pasts = [at_night(history, place) for place in places]
    is_demand = (history.state == State.OPEN) | (history.state == State.UNKNOWN)
    demand = np.where(is_demand, history.units, np.nan)
    demand = np.pad(demand, ((0, 0), (0, steps)), constant_values=np.nan)
    units = [
        demand[past.series, place + 1 : place + 1 + steps]
        for past, place in zip(pasts, places, strict=True)
    ]
    return Rows(Past.joined(pasts), np.concatenate(units))
