"""An Airflow run becomes a request with a kind; a restatement names a person and a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.utils.types import DagRunType

from features.platform.errors import ConfigurationError
from orchestration.run_request import request

HOUR = timedelta(hours=1)


@dataclass
class DagRun:
    run_type: Any = DagRunType.MANUAL
    run_id: str = "manual__1"
    run_after: datetime = datetime(2026, 11, 21, 10, 25, tzinfo=UTC)


def context(run_type: Any = DagRunType.MANUAL, **params: Any) -> dict[str, Any]:
    return {"params": params, "dag_run": DagRun(run_type)}


@pytest.mark.parametrize(
    ("run_type", "kind"),
    [
        (DagRunType.SCHEDULED, "scheduled"),
        (DagRunType.BACKFILL_JOB, "backfill"),
        (DagRunType.MANUAL, "manual"),
        ("scheduled", "scheduled"),
    ],
)
def test_the_kind_of_a_run_follows_its_trigger(run_type: Any, kind: str) -> None:
    assert request(context(run_type), HOUR).kind == kind


def test_a_restatement_names_its_ids_its_reason_and_its_person() -> None:
    restatement = request(context(restate_ids=["t1"], reason="wrong amount", person="ann"), HOUR)

    assert (restatement.kind, restatement.restated_ids, restatement.reason) == (
        "restate",
        ("t1",),
        "wrong amount",
    )
    assert restatement.requested_by.startswith("ann")


@pytest.mark.parametrize(
    "params",
    [
        {"restate_ids": ["t1"]},
        {"restate_ids": ["t1"], "reason": "wrong"},
        {"restate_ids": ["t1"], "person": "ann"},
        {"reason": "without ids"},
        {"person": "without ids"},
        {"restate_ids": []},
        {"restate_ids": "t1", "reason": "wrong", "person": "ann"},
        {"restate_ids": {"t1": 1}, "reason": "wrong", "person": "ann"},
        {"restate_ids": ["t1", True], "reason": "wrong", "person": "ann"},
        {"restate_ids": ["t1", "\u200b"], "reason": "wrong", "person": "ann"},
        {"restate_ids": ["t1"] * 10_001, "reason": "wrong", "person": "ann"},
        {"restate_ids": ["t1"], "reason": " ", "person": "ann"},
        {"restate_ids": ["t1"], "reason": "wrong", "person": "\u200b"},
        {"restate_ids": ["t1"], "reason": "wrong", "person": "an\0n"},
        {"restate_ids": ["t1"], "reason": "x" * 501, "person": "ann"},
    ],
)
def test_an_incomplete_restatement_is_refused(params: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        request(context(**params), HOUR)


def test_an_id_that_is_named_twice_is_restated_once() -> None:
    restatement = request(
        context(restate_ids=["t1", "t2", "t1"], reason="wrong", person="ann"), HOUR
    )

    assert restatement.restated_ids == ("t1", "t2")


def test_a_backfill_takes_its_windows_only_from_its_dates() -> None:
    form = {"start": "2026-11-21T05:00:00Z", "end": "2026-11-21T06:00:00Z"}

    with pytest.raises(ConfigurationError, match="takes its windows from its dates"):
        request(context(DagRunType.BACKFILL_JOB, **form), HOUR)
