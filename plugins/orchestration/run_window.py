"""The window of a run, made once and passed down; the core never reads the clock for it.

A scheduled run takes its data interval, and a manual run the window of its form. A manual run
without a window or a data interval takes the last full one. An invalid window is refused before
any write.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from features.platform.errors import ConfigurationError
from orchestration import fields

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # the DAGs' start: Airflow runs nothing before it


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open stretch of time `[start, end)`, UTC, a whole multiple of the cadence."""

    start: datetime
    end: datetime

    def __str__(self) -> str:
        return f"{self.start.isoformat()}/{self.end.isoformat()}"


def run_window(
    context: Mapping[str, Any], cadence: timedelta, delay: timedelta = timedelta(0)
) -> Window:
    """Return the form's window, else the schedule's, else the last full one.

    Args:
        context: of the task.
        cadence: the length of a window.
        delay: how long after the end of its window the schedule starts a run.

    Raises:
        ConfigurationError: the window of the form or of the data interval is half given,
            inverted, in the future or unaligned; names the fault and a valid form.
    """
    params = context["params"]
    start, end = params.get("start"), params.get("end")
    run_after = plain(context["dag_run"].run_after)
    if start is not None or end is not None:
        return _checked(_window_of_form(start, end), run_after, cadence)

    interval = context.get("data_interval_start"), context.get("data_interval_end")
    if interval[0] and interval[1]:
        window = Window(plain(interval[0]) - delay, plain(interval[1]) - delay)
        return _checked(window, run_after, cadence)

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


def _window_of_form(start: object, end: object) -> Window:
    if start is None or end is None:
        raise ConfigurationError(
            "the form names only one of start and end; give both, or neither for the last window"
        )
    return Window(fields.moment("start", start), fields.moment("end", end))


def _checked(window: Window, now: datetime, cadence: timedelta) -> Window:
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
    return window


def _is_aligned(moment: datetime, cadence: timedelta) -> bool:
    return not (moment - datetime.min.replace(tzinfo=UTC)) % cadence
