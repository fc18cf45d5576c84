"""The window of a run, made once and passed down; core code never asks what time it is.

A scheduled run takes its data interval, a manual run what its form says, and a manual run without a
window the last full one. Nonsense is refused here, before anything is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from features.errors import ConfigurationError

LONGEST = timedelta(days=31)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # the DAGs' start: Airflow runs nothing before it


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open stretch of time `[start, end)`, UTC, a whole multiple of the cadence."""

    start: datetime
    end: datetime

    def __str__(self) -> str:
        return f"{self.start.isoformat()}/{self.end.isoformat()}"


def run_window(context: Mapping[str, Any], cadence: timedelta) -> Window:
    """Return the form's window, else the schedule's, else the last full one.

    Raises:
        ConfigurationError: the form's window is half given, inverted, in the future, unaligned or
            too long; says which and what would do.
    """
    params = context["params"]
    start, end = params.get("start"), params.get("end")
    run_after = plain(context["dag_run"].run_after)
    if start or end:
        return _checked(start, end, run_after, cadence)

    interval = context.get("data_interval_start"), context.get("data_interval_end")
    if interval[0] and interval[1] and interval[0] < interval[1]:
        window = Window(plain(interval[0]), plain(interval[1]))
        if _is_aligned(window.start, cadence) and _is_aligned(window.end, cadence):
            return window

    end_of_last = run_after - (run_after - datetime.min.replace(tzinfo=UTC)) % cadence
    return Window(end_of_last - cadence, end_of_last)


def day_of(moment: datetime) -> tuple[datetime, datetime]:
    """Return the start and the end of the day in UTC that holds a moment."""
    start = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return start, start + timedelta(days=1)


def plain(moment: datetime) -> datetime:
    """Return an ordinary datetime in UTC.

    Airflow hands out pendulum's, and a difference of those cannot be divided by a duration.
    """
    return datetime.fromisoformat(moment.isoformat()).astimezone(UTC)


def _checked(start: str | None, end: str | None, now: datetime, cadence: timedelta) -> Window:
    if not start or not end:
        raise ConfigurationError(
            "the form names only one of start and end; give both, or neither for the last window"
        )
    window = Window(_moment("start", start), _moment("end", end))
    if window.start >= window.end:
        raise ConfigurationError(f"the window {window} ends before it starts; swap start and end")
    if window.end > now:
        raise ConfigurationError(
            f"the window {window} is not over yet: it is {now.isoformat(timespec='seconds')}"
        )
    if not (_is_aligned(window.start, cadence) and _is_aligned(window.end, cadence)):
        raise ConfigurationError(
            f"the window {window} must start and end on multiples of {cadence}"
        )
    if window.start < EARLIEST:
        raise ConfigurationError(f"the window {window} starts before {EARLIEST.date()}")
    if window.end - window.start > LONGEST:
        raise ConfigurationError(f"the window {window} is longer than {LONGEST}; backfill instead")
    return window


def _moment(name: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            f"{name} is {text!r}, which is no time; write it as 2026-11-21T10:00:00Z"
        ) from None
    if moment.tzinfo is None:
        raise ConfigurationError(f"{name} is {text!r}, without a zone; write 2026-11-21T10:00:00Z")
    return moment.astimezone(UTC)


def _is_aligned(moment: datetime, cadence: timedelta) -> bool:
    return not (moment - datetime.min.replace(tzinfo=UTC)) % cadence
