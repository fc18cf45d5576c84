"""A plan refuses contradictions, and its windows tile time."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from features.platform.errors import ConfigurationError
from features.synthesize import Plan
from tests.unit.features.synthesize.worlds import START, a_plan


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": datetime(2026, 3, 1)},
        {"start": START + timedelta(minutes=1)},
        {"end": START},
        {"live_from": START - timedelta(hours=1)},
        {"hourly_from": START},
        {"customers": 0},
        {"rate": 0.0},
        {"late": 0.6},
        {"bad": -0.1},
        {"seed": -1},
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        a_plan(**wrong)


def test_windows_tile_the_time_of_a_plan() -> None:
    plan: Plan = a_plan(start=START + timedelta(hours=5), history_days=3)

    windows = plan.windows()

    assert windows[0].start == plan.start
    assert windows[-1].end == plan.end
    assert all(a.end == b.start for a, b in itertools.pairwise(windows))


def test_live_windows_are_hours_and_history_windows_are_days() -> None:
    windows = a_plan(history_days=4).windows()

    live = [window for window in windows if not window.is_history]
    history = [window for window in windows if window.is_history]
    assert {window.end - window.start for window in live} == {timedelta(hours=1)}
    assert [(window.end - window.start).days for window in history] == [4, 4, 2]


def test_a_pause_is_delivered_as_files_of_whole_days() -> None:
    live_from = datetime(2026, 3, 10, tzinfo=UTC)
    first_hour = live_from + timedelta(hours=31)
    plan = a_plan(live_from=live_from, hourly_from=first_hour, end=first_hour + timedelta(hours=2))

    live = [(window.start, window.end) for window in plan.windows() if not window.is_history]

    midnight = live_from + timedelta(days=1)
    assert live[:2] == [(live_from, midnight), (midnight, first_hour)]
    assert [end - start for start, end in live[2:]] == [timedelta(hours=1)] * 2
