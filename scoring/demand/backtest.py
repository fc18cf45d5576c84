"""Forecast earlier nights as they were, to compare the candidates on units known by now. Pure.

At each origin the trees learn from the units known at that origin, and nothing later. The newest
origins are taken, one horizon apart, so no unit counts twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Floats
from scoring.demand import boosting, candidates, choice, evaluation, seasons, weekdays
from scoring.demand.candidates import Candidates
from scoring.demand.choice import Choice
from scoring.demand.rows import Rows

#: The newest origins that choose the candidates of a daily forecast.
MOST_ORIGINS = 3


@dataclass(frozen=True, slots=True)
class Origin:
    """The forecasts of one night, and the units that followed.

    Args:
        day: its number since 1970.
        forecasts: of all candidates for n series.
        units: [n, steps], NaN = not known.
        variance: [n] of the units of a period.
    """

    day: int
    forecasts: Candidates
    units: Floats
    variance: Floats


def days(rows: Rows, period: int = 1, most: int = MOST_ORIGINS) -> list[int]:
    """Return the newest nights with a known horizon, one horizon apart, the oldest first."""
    is_known = ~np.isnan(rows.units)
    if not is_known.any():
        return []
    ends = rows.night[:, None] + period * np.arange(1, rows.steps + 1)
    newest = int(ends[is_known].max())
    found: list[int] = []
    latest = newest - rows.steps * period
    for night in np.unique(rows.night)[::-1].tolist():
        if night <= latest and len(found) < most:
            found.append(int(night))
            latest = night - rows.steps * period
    return found[::-1]


def origins(
    rows: Rows, nights: Sequence[int], period: int = 1, measured: Rows | None = None
) -> Iterator[Origin]:
    """Yield the forecasts of each night by models that know no more than the night.

    Args:
        rows: series-nights with the units that followed.
        nights: day numbers.
        period: days of a period.
        measured: the rows to forecast; None = all rows of the night.
    """
    whole = rows if measured is None else measured
    for night in nights:
        known = rows.known_by(night, period)
        weeks = weekdays.learn(known.past)
        year = seasons.learn(known, period)
        trees = boosting.fit(known, weeks, period, year)
        at_night = whole.take(whole.night == night)
        yield Origin(
            night,
            candidates.of(at_night.past, weeks, trees, rows.steps, period, year),
            at_night.units,
            evaluation.variances(at_night.past),
        )


def choose(found: Sequence[Origin]) -> Choice:
    """Return the choice by all origins together, or the default without any."""
    if not found:
        return choice.default()
    return choice.choose(
        candidates.joined([origin.forecasts for origin in found]),
        np.concatenate([origin.units for origin in found]),
        np.concatenate([origin.variance for origin in found]),
    )
