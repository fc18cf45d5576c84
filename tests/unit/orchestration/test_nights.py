"""A nightly job on customers waits for the files of its day, and decides that day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.utils.types import DagRunType

from features.platform import settings as configuration
from features.platform.settings import Registry, Settings
from orchestration import nights, steps

MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)
MAINTENANCE = timedelta(hours=2, minutes=30)
DELAYS = (
    nights.SEGMENTS_AFTER,
    nights.VALUES_AFTER,
    nights.SPENDING_AFTER,
    nights.DEMAND_AFTER,
    nights.STOCK_AFTER,
)


@dataclass
class DagRun:
    run_after: datetime
    run_type: Any = DagRunType.SCHEDULED
    run_id: str = "scheduled__1"


@pytest.mark.parametrize("after", DELAYS)
def test_a_scheduled_run_decides_the_day_that_is_over(after: timedelta) -> None:
    interval = (MIDNIGHT - nights.DAY + after, MIDNIGHT + after)
    context = {
        "params": {},
        "dag_run": DagRun(MIDNIGHT + after),
        "data_interval_start": interval[0],
        "data_interval_end": interval[1],
    }

    request = nights.request(after)(context)

    assert (request.window_start, request.window_end) == (MIDNIGHT - nights.DAY, MIDNIGHT)


def test_the_jobs_start_one_after_the_other_before_the_maintenance() -> None:
    assert sorted(DELAYS) == list(DELAYS)
    assert len(set(DELAYS)) == len(DELAYS)
    assert max(DELAYS) < MAINTENANCE


def test_the_schedule_starts_a_run_so_long_after_midnight() -> None:
    assert nights.schedule(timedelta(hours=1, minutes=5)).expression == "5 1 * * *"


@pytest.mark.parametrize("job", ["forecast_spending", "segment_customers"])
def test_a_registry_that_does_not_answer_skips_no_night(
    job: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = Settings(registry=Registry(tracking_uri="http://127.0.0.1:9", timeout_seconds=1))
    # a task reads the settings of its process
    monkeypatch.setattr(configuration, "get_settings", lambda: nowhere)

    steps.skip_without_model(job)  # the claim waits or degrades, as the policy says
