"""Airflow refuses a new run that would wait or decide another window."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.utils.types import DagRunType

from features.platform.settings import get_settings
from orchestration.triggers import TriggerRefusedError, check_run
from scoring_plugin import check_run as check_new_run

NOW = datetime(2026, 11, 21, 10, 25, tzinfo=UTC)
HOUR = timedelta(hours=1)
FIELDS = ("start", "end")


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        ({"logical_date": NOW + HOUR}, "logical_date lies in the future"),
        ({"logical_date": NOW + timedelta(days=365)}, "block the schedule"),
        ({"run_after": NOW + HOUR}, "run_after lies in the future"),
        ({"data_interval": (NOW, NOW + HOUR)}, "data_interval_end lies in the future"),
        ({"data_interval": (NOW, NOW - HOUR)}, "lies before data_interval_start"),
        ({"logical_date": datetime(1970, 1, 1, tzinfo=UTC)}, "before 2000-01-01"),
        ({"logical_date": datetime(1, 1, 1, tzinfo=UTC)}, "before 2000-01-01"),
        ({"run_after": datetime(1, 1, 1, tzinfo=UTC)}, "before 2000-01-01"),
        ({"run_id": "x" * 250}, "more than 200 characters"),
        ({"run_id": "manual__x\n"}, "control character"),
        ({"run_id": "a\0b"}, "control character"),
        ({"conf": {"strat": 1}}, "no field 'strat'"),
        ({"conf": {"start": "\0"}}, "NUL"),
        ({"conf": {"start": 9e300}}, "64 bits"),
        ({"conf": ["start"]}, "no JSON object"),
        ({"run_id": "4111-1111-1111-1111"}, "the run id holds what passes as a full card number"),
        ({"conf": {"start": "card 4111.1111.1111.1111"}}, "conf holds what passes as a full card"),
        ({"conf": {"start": {"a": [{"b": 4111111111111111}]}}}, "conf holds what passes"),
        ({"conf": {"start": 4111111111111111.0}}, "conf holds what passes"),
        ({"conf": {"4111 1111 1111 1111": 1}}, "conf holds what passes"),
        ({"conf": {"restate_ids": ["４１１１１１１１１１１１１１１１"]}}, "conf holds what passes"),
        ({"conf": {"restate_ids": ["4111111111111111"]}}, "conf holds what passes"),
    ],
)
def test_an_invalid_run_is_refused(run: dict[str, Any], reason: str) -> None:
    with pytest.raises(TriggerRefusedError, match=reason) as caught:
        check_run({"run_id": "manual__1", **run}, FIELDS, NOW)

    assert "\n" not in str(caught.value)
    assert "1111" not in str(caught.value)
    assert isinstance(caught.value, ValueError)  # Airflow answers 400 to it


@pytest.mark.parametrize(
    "run",
    [
        {},
        {"logical_date": NOW, "run_after": NOW},
        {"run_after": NOW + timedelta(seconds=30)},  # the caller's clock is ahead
        {"logical_date": NOW - HOUR, "data_interval": (NOW - HOUR, NOW)},
        {"conf": {"start": "a", "end": None}},
        {"run_id": "manual__2026-11-21T22:21:00.123456+00:00_x1"},
        {"conf": {"start": "2026-11-21T22:21:00.123456+00:00"}},
        {"conf": {}},
    ],
)
def test_a_valid_run_is_created(run: dict[str, Any]) -> None:
    check_run({"run_id": "manual__1", **run}, FIELDS, NOW)


def test_without_a_parsed_dag_the_first_task_checks_the_fields() -> None:
    check_run({"run_id": "manual__1", "conf": {"strat": 1}}, None, NOW)


@pytest.mark.parametrize("run_type", list(DagRunType))
def test_only_scheduled_runs_and_checked_backfills_pass(
    run_type: DagRunType,
) -> None:
    run = {"run_type": run_type, "run_id": "x", "run_after": datetime.now(UTC) + HOUR}
    is_let_through = run_type in {"scheduled", "backfill", "asset_triggered"}

    with nullcontext() if is_let_through else pytest.raises(TriggerRefusedError):
        check_new_run(None, (), run)


def test_a_run_of_a_dag_without_a_schedule_has_an_interval_of_no_length() -> None:
    check_run({"run_id": "manual__1", "data_interval": (NOW, NOW)}, FIELDS, NOW)


def test_long_numeric_ids_are_accepted_where_a_source_declares_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run: dict[str, Any] = {"run_id": "manual__1", "conf": {"restate_ids": ["4111111111111111"]}}
    monkeypatch.setenv("SCORING_SOURCES", "fraud_handbook")
    get_settings.cache_clear()
    try:
        check_run(run, ("restate_ids",), NOW)

        run["conf"]["restate_ids"].append("4111-1111-1111-1111")
        with pytest.raises(TriggerRefusedError, match="conf holds what passes"):
            check_run(run, ("restate_ids",), NOW)
    finally:
        get_settings.cache_clear()
