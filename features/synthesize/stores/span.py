"""Number the days of the world of the stores: from the first sale to the end of the plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.synthesize.calendar import DAY_MS, epoch_ms
from features.synthesize.plan import Plan
from features.synthesize.randomness import I64


@dataclass(frozen=True, slots=True)
class Days:
    """D days.

    Args:
        first: days since 1970 of the first.
        count: D.
    """

    first: int
    count: int

    @property
    def numbers(self) -> I64:
        """Days since 1970: [D]."""
        return self.first + np.arange(self.count, dtype=np.int64)

    @property
    def weekdays(self) -> I64:
        """Weekday of each day, Monday = 0: [D]."""
        return (self.numbers + 3) % 7  # 1970-01-01 was a Thursday


def of(plan: Plan) -> Days:
    """Return the days of a plan; a part of a day counts as a day."""
    first = epoch_ms(plan.sales_start) // DAY_MS
    return Days(first, -(-epoch_ms(plan.end) // DAY_MS) - first)
