"""The window of a run is aligned, half-open, and refused before any write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.platform.errors import ConfigurationError
from orchestration.run_window import Window, run_window

HOUR = timedelta(hours=1)
NOW = datetime(2026, 11, 21, 10, 25, tzinfo=UTC)


@dataclass
class DagRun:
    run_after: datetime = NOW


def context(
    start: str | None = None,
    end: str | None = None,
    interval: tuple[datetime, datetime] | None = None,
    now: datetime = NOW,
) -> dict[str, Any]:
    values: dict[str, Any] = {"params": {"start": start, "end": end}, "dag_run": DagRun(now)}
    if interval:
        values |= {"data_interval_start": interval[0], "data_interval_end": interval[1]}
    return values


def test_the_form_comes_first() -> None:
    interval = (NOW.replace(hour=8, minute=0), NOW.replace(hour=9, minute=0))

    window = run_window(context("2026-11-21T05:00:00Z", "2026-11-21T07:00:00Z", interval), HOUR)

    assert str(window) == "2026-11-21T05:00:00+00:00/2026-11-21T07:00:00+00:00"


def test_a_scheduled_run_takes_its_data_interval() -> None:
    interval = (NOW.replace(hour=8, minute=0), NOW.replace(hour=9, minute=0))

    window = run_window(context(interval=interval), HOUR)

    assert (window.start, window.end) == interval


def test_a_nightly_run_after_its_day_takes_the_whole_day() -> None:
    day, delay = timedelta(days=1), timedelta(hours=1, minutes=15)
    end = datetime(2026, 11, 21, tzinfo=UTC)
    interval = (end - day + delay, end + delay)

    window = run_window(context(interval=interval), day, delay)

    assert (window.start, window.end) == (end - day, end)


def test_the_times_of_airflow_make_a_window() -> None:
    start = pendulum.datetime(2026, 11, 21, 8)
    at = pendulum.datetime(2026, 11, 21, 9, 0, 1)

    scheduled = run_window(context(interval=(start, start.add(hours=1)), now=at), HOUR)
    manual = run_window(context(now=at), HOUR)

    assert scheduled == manual == Window(start, start.add(hours=1))
    assert type(scheduled.start) is datetime


def test_a_manual_run_without_a_window_takes_the_last_full_hour() -> None:
    window = run_window(context(), HOUR)

    assert str(window) == "2026-11-21T09:00:00+00:00/2026-11-21T10:00:00+00:00"


@pytest.mark.parametrize(
    ("interval", "reason"),
    [
        ((NOW, NOW), "ends before it starts"),
        ((NOW, NOW - HOUR), "ends before it starts"),
        ((NOW.replace(minute=0), NOW.replace(minute=0) + HOUR), "not over yet"),
        ((NOW - 2 * HOUR, NOW - HOUR), "multiples of"),
        ((datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, 1, tzinfo=UTC)), "starts before"),
    ],
)
def test_an_interval_that_is_not_a_window_is_refused_without_a_substitute(
    interval: tuple[datetime, datetime], reason: str
) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        run_window(context(interval=interval), HOUR)


def test_other_zones_are_converted_to_utc() -> None:
    window = run_window(context("2026-11-21T07:00:00+02:00", "2026-11-21T08:00:00+02:00"), HOUR)

    assert window.start == datetime(2026, 11, 21, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        ("2026-11-21T05:00:00Z", None, "only one of start and end"),
        (None, "2026-11-21T05:00:00Z", "only one of start and end"),
        ("2026-11-21T06:00:00Z", "2026-11-21T05:00:00Z", "ends before it starts"),
        ("2026-11-21T06:00:00Z", "2026-11-21T06:00:00Z", "ends before it starts"),
        ("2026-11-21T10:00:00Z", "2026-11-21T11:00:00Z", "not over yet"),
        ("2126-11-21T10:00:00Z", "2126-11-21T11:00:00Z", "not over yet"),
        ("2026-11-21T05:30:00Z", "2026-11-21T06:30:00Z", "multiples of"),
        ("yesterday", "2026-11-21T05:00:00Z", "no time"),
        ("2026-11-21T04:00:00", "2026-11-21T05:00:00", "without a zone"),
        ("'; drop table raw.deliveries; --", "2026-11-21T05:00:00Z", "no time"),
        ("", "2026-11-21T05:00:00Z", "start is no time"),
        ("0001-01-01T00:00:00+10:00", "2026-11-21T05:00:00Z", "start is no time of the calendar"),
        ("1999-01-01T00:00:00Z", "1999-01-01T01:00:00Z", "starts before 2000-01-01"),
    ],
)
def test_an_invalid_window_is_refused(start: str | None, end: str | None, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        run_window(context(start, end), HOUR)


def test_a_stretch_of_years_is_one_window() -> None:
    window = run_window(context("2018-01-01T00:00:00Z", "2026-11-01T00:00:00Z"), HOUR)

    assert (window.end - window.start).days == 3226


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))
def test_windows_tile_time(moment: datetime) -> None:
    first = run_window(context(now=moment.replace(tzinfo=UTC)), HOUR)
    second = run_window(context(now=moment.replace(tzinfo=UTC) + HOUR), HOUR)

    assert first.end == second.start
    assert first.start < first.end <= moment.replace(tzinfo=UTC)
