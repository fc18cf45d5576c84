"""Place the known promotions of series in the days behind and ahead of a night. Pure.

A promotion that is announced after a night has no effect at it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Codes, Flags, Floats, Integers

#: Days ahead that a forecast covers.
HORIZON = 28
#: The next promotions that the columns of a night describe.
PLACES = (1, 2)


@dataclass(frozen=True, slots=True)
class Promotions:
    """The promotions of series; every array is [P], and days are numbers since 1970.

    Args:
        series: index of the series.
        first: first day.
        last: last day, included.
        known: first night at which it is announced and delivered.
        price: net price of a piece.
    """

    series: Codes
    first: Integers
    last: Integers
    known: Integers
    price: Floats

    @classmethod
    def none(cls) -> Promotions:
        """Return no promotions."""
        days = np.empty(0, dtype=np.int64)
        return cls(days, days, days, days, np.empty(0))

    def known_at(self, night: int) -> Promotions:
        """Return the promotions that are known at a night."""
        return self.take(self.known <= night)

    def take(self, chosen: Flags | Integers) -> Promotions:
        """Return the chosen promotions."""
        parts = (self.series, self.first, self.last, self.known, self.price)
        return Promotions(*(part[chosen] for part in parts))  # type: ignore[arg-type]


def covered(promotions: Promotions, night: int, days: Integers, series: int) -> Flags:
    """Return whether a promotion known at the night covers each day: [series, days].

    Args:
        promotions: of the series.
        night: its day number.
        days: [D] day numbers, the newest first, in equal steps; a day stands for its step.
        series: their number.
    """
    known = promotions.known_at(night)
    changes = np.zeros((series, len(days) + 1), dtype=np.int64)
    step = int(days[0] - days[1]) if len(days) > 1 else 1
    # the step of days[k] covers the days from days[k] - step + 1 to days[k]
    newest = np.clip((days[0] - known.last) // step, 0, len(days))
    oldest = np.clip((days[0] - known.first) // step + 1, 0, len(days))
    is_past = newest < oldest
    np.add.at(changes, (known.series[is_past], newest[is_past]), 1)
    np.add.at(changes, (known.series[is_past], oldest[is_past]), -1)
    is_covered: Flags = np.cumsum(changes, axis=1)[:, :-1] > 0
    return is_covered


def ahead(promotions: Promotions, night: int, regular: Floats) -> dict[str, Floats]:
    """Return first day, last day and discount of the next known promotions: [series] each.

    Days are counted ahead of the night, from 1 to `HORIZON`.

    Args:
        promotions: of the series.
        night: its day number.
        regular: [series] price of a piece outside of promotions, NaN = unknown.
    """
    known = promotions.known_at(night)
    known = known.take((known.first <= night + HORIZON) & (known.last > night))
    known = known.take(np.lexsort((known.last, known.first, known.series)))
    order = np.arange(len(known.series)) - np.searchsorted(known.series, known.series)
    columns = {}
    for place in PLACES:
        chosen = known.take(order == place - 1)
        for part, values in (
            ("first", np.maximum(chosen.first - night, 1)),
            ("last", np.minimum(chosen.last - night, HORIZON)),
            ("discount", 1.0 - chosen.price / regular[chosen.series]),
        ):
            column = np.full(len(regular), np.nan)
            column[chosen.series] = values
            columns[f"promotion_{place}_{part}"] = column
    return columns
