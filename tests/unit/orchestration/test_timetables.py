"""The schedule of the training begins with the coming Sunday and then keeps every Sunday."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from airflow.timetables.base import DataInterval, TimeRestriction
from pendulum import UTC, DateTime, instance

from orchestration import timetables
from orchestration.defaults import DAG_DEFAULTS

SUNDAY = datetime(2026, 11, 22, tzinfo=UTC)
WEEK = timedelta(days=7)
RESTRICTION = TimeRestriction(instance(DAG_DEFAULTS["start_date"]), None, catchup=False)
WEEKLY = timetables.FromNowOn("@weekly", timezone=UTC)


def next_run(
    now: datetime, monkeypatch: pytest.MonkeyPatch, last: DataInterval | None = None
) -> DateTime:
    """Return the time of the next run, seen from a moment."""
    for module in ("orchestration.timetables", "airflow.timetables.interval"):
        monkeypatch.setattr(f"{module}.utcnow", lambda: instance(now))
    info = WEEKLY.next_dagrun_info(last_automated_data_interval=last, restriction=RESTRICTION)
    assert info is not None
    return info.run_after


def test_the_first_run_is_that_of_the_coming_sunday(monkeypatch: pytest.MonkeyPatch) -> None:
    assert next_run(SUNDAY + timedelta(days=4), monkeypatch) == SUNDAY + WEEK


def test_a_first_run_that_has_just_become_due_stays_due(monkeypatch: pytest.MonkeyPatch) -> None:
    # Airflow computes the next run again before the scheduler has made this one
    for late in (timedelta(0), timedelta(seconds=1), timedelta(hours=1)):
        assert next_run(SUNDAY + late, monkeypatch) == SUNDAY


def test_later_runs_follow_each_other_and_skip_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    last = DataInterval(instance(SUNDAY - WEEK), instance(SUNDAY))

    assert next_run(SUNDAY + timedelta(days=1), monkeypatch, last) == SUNDAY + WEEK
    assert next_run(SUNDAY + 4 * WEEK + timedelta(days=1), monkeypatch, last) == SUNDAY + 4 * WEEK
