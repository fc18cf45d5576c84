"""Chooses the weeks of matured rows that no model and no earlier gate has seen. Pure.

A week is seven whole UTC days, counted back from the last day that has matured. So months and their
ends play no part.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from scoring.models.matured_rows import Knowledge

DAY, WEEK = timedelta(days=1), timedelta(days=7)
#: The longest window; of more fresh weeks, the newest are taken.
MOST_WEEKS = 104


@dataclass(frozen=True, slots=True)
class Window:
    """The fresh weeks `[start, end)`."""

    start: datetime
    end: datetime

    @property
    def weeks(self) -> int:
        """The number of weeks."""
        return (self.end - self.start) // WEEK

    def parts(self, weeks: int) -> list[Window]:
        """Return the window in parts of at most some weeks, in order of time."""
        return [
            Window(self.start + WEEK * place, min(self.start + WEEK * (place + weeks), self.end))
            for place in range(0, self.weeks, weeks)
        ]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Too few fresh weeks.

    Attributes:
        weeks: that have matured so far.
        ready_at: the moment at which enough will have matured, if rows and labels keep coming.
    """

    weeks: int
    ready_at: datetime


def choose(
    learnt_until: datetime, used_until: datetime | None, knowledge: Knowledge, fewest: int
) -> Window | Waiting:
    """Return the fresh weeks, or how long to wait for them.

    Args:
        learnt_until: the moment of the newest row that either model has learnt from.
        used_until: the end of the window of the gate before; None for the first gate.
        knowledge: the labels at hand.
        fewest: the weeks that the plan needs.
    """
    first = _midnight(learnt_until) + DAY  # rows of the same day may have been learnt
    if used_until is not None:
        first = max(first, used_until)
    end = _midnight(knowledge.matured_until)
    weeks = max((end - first) // WEEK, 0)
    if weeks < fewest:
        lag = knowledge.as_of - knowledge.matured_until
        return Waiting(weeks, first + fewest * WEEK + lag)
    return Window(end - min(weeks, MOST_WEEKS) * WEEK, end)


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
