"""Find the least change of a customer's recency, frequency or spend that leads elsewhere. Pure.

A segment is worth more to a merchant with the way out of it: the days of silence that lose a loyal
customer, or the visits that win one. Each search changes one value and keeps the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Floats, Matrix
from scoring.segments.model import MerchantSegments
from scoring.segments.points import FEATURES, LOOK_BACK_DAYS, distances

MOST_PURCHASES = 100
#: Steps of spend: 1 % apart, up to a hundred times as much.
_FACTORS = np.geomspace(1.01, 100, 463)


@dataclass(frozen=True, slots=True)
class Change:
    """The least change of one value after which another segment is the nearest.

    Attributes:
        words: the change, for a person.
        segment: the index of the segment.
    """

    words: str
    segment: int


def changes(segments: MerchantSegments, values: Floats, held: int) -> list[Change]:
    """Return the changes that lead a customer to another segment; none where no change does.

    Args:
        segments: of the customer's merchant.
        values: [3] recency in days, purchase days, and spend; NaN where missing.
        held: the index of the customer's segment.
    """
    missing = np.array([LOOK_BACK_DAYS, 0.0, 0.0])
    days, purchases, spend = np.where(np.isnan(values), missing, values)
    silence = np.arange(1, LOOK_BACK_DAYS - days + 1)
    visits = np.arange(1, MOST_PURCHASES + 1.0)
    mean = max(spend, 0.0) / max(purchases, 1.0)
    more, less = max(spend, 1.0) * _FACTORS, max(spend, 1.0) / _FACTORS
    searches = (
        (_varied(values, 0, days + silence), "{:.0f} more days without a purchase", silence),
        (
            _visited(visits, purchases, spend, mean),
            "{:.0f} more purchase days of the usual spend, the last one tonight",
            visits,
        ),
        (_varied(values, 2, more), "{:,.2f} more spend", more - spend),
        (_varied(values, 2, less), "{:,.2f} less spend", spend - less),
    )
    steps = (_first(segments, rows, held, words, sizes) for rows, words, sizes in searches)
    return [step for step in steps if step]


def _first(
    segments: MerchantSegments, rows: Matrix, held: int, words: str, sizes: Floats
) -> Change | None:
    """Return the first row of a search whose nearest segment is another one."""
    if len(rows) == 0:
        return None
    nearest = distances(segments.scale.points(rows), segments.centroids).argmin(axis=1)
    elsewhere = np.flatnonzero(nearest != held)
    if len(elsewhere) == 0:
        return None
    step = int(elsewhere[0])
    return Change(words.format(sizes[step]), int(nearest[step]))


def _varied(values: Floats, column: int, replaced: Floats) -> Matrix:
    rows = np.tile(values, (len(replaced), 1))
    rows[:, column] = replaced
    return rows


def _visited(visits: Floats, purchases: float, spend: float, mean: float) -> Matrix:
    rows = np.zeros((len(visits), len(FEATURES)))
    rows[:, 1] = purchases + visits
    rows[:, 2] = spend + visits * mean
    return rows
