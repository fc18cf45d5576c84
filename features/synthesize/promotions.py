"""Define the rhythm of a merchant's year: seasons, weekdays, and promotions with discounts.

Each quantity follows from the day alone, so a longer plan begins with the same days.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.synthesize.catalogue import Catalogue
from features.synthesize.randomness import F64, I64, Stream, generator, pick

#: Strength of the season by month of the year, from 0 to 1: the weeks before the holidays.
SEASON: F64 = np.array([0.1, 0.0, 0.1, 0.25, 0.15, 0.1, 0.0, 0.1, 0.15, 0.3, 0.8, 1.0])
#: Factor of the number of orders by weekday, Monday first; one row per trade.
WEEKDAYS: F64 = np.array([
    [0.85, 0.85, 0.9, 1.0, 1.25, 1.35, 0.8],
    [1.05, 1.0, 0.95, 0.95, 0.9, 1.0, 1.15],
])  # fmt: skip
CYCLE_DAYS = 35  # each cycle of this length since 1970 has one promotion
_DAYS = np.array([4, 7, 10])
_DISCOUNTS = np.array([0.10, 0.15, 0.20, 0.30])
#: Share of lines that customers move to the promoted categories.
DRAWN_TO_PROMOTED = 0.35


@dataclass(frozen=True, slots=True)
class Promotion:
    """A promotion of one department.

    Args:
        first_day: in days since 1970.
        end_day: the day after the last.
        department: of the catalogue.
        discount: share of the price.
        categories: indexes of the promoted categories.
    """

    first_day: int
    end_day: int
    department: str
    discount: float
    categories: I64


def promotion(seed: int, seller: int, catalogue: Catalogue, day: int) -> Promotion | None:
    """Return the promotion of a day, if there is one."""
    current = of_cycle(seed, seller, catalogue, day // CYCLE_DAYS)
    return current if current.first_day <= day < current.end_day else None


def of_cycle(seed: int, seller: int, catalogue: Catalogue, cycle: int) -> Promotion:
    """Return the promotion of a cycle; it ends before the next cycle."""
    rng = generator(seed, Stream.PROMOTIONS, seller, cycle)
    days = int(_DAYS[rng.integers(0, len(_DAYS))])
    first_day = cycle * CYCLE_DAYS + int(rng.integers(0, CYCLE_DAYS - days))
    department = sorted(set(catalogue.departments))[
        int(rng.integers(0, len(set(catalogue.departments))))
    ]
    promoted = np.flatnonzero(np.array(catalogue.departments) == department)
    discount = float(_DISCOUNTS[rng.integers(0, len(_DISCOUNTS))])
    return Promotion(first_day, first_day + days, department, discount, promoted)


def season(day: int) -> float:
    """Return the strength of the season on a day (days since 1970), from 0 to 1."""
    month = int(np.datetime64(day, "D").astype("datetime64[M]").astype(np.int64)) % 12
    return float(SEASON[month])


def weekday(seller: int, day: int) -> float:
    """Return the factor of the number of orders on a day."""
    return float(WEEKDAYS[seller % len(WEEKDAYS), (day + 3) % 7])  # 1970-01-01 was a Thursday


def promoted_category(current: Promotion, catalogue: Catalogue, draws: F64) -> I64:
    """Draw a promoted category per draw in [0, 1)."""
    weights = catalogue.demand[current.categories]
    return current.categories[pick(np.cumsum(weights), draws)]
