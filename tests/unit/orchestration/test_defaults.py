"""Every task has the same preparation, retries and handling of a dead attempt."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
import structlog
from airflow.sdk import RetryAction

from features.platform.errors import (
    ConfigurationError,
    ContractError,
    StatementError,
    WarehouseUnavailableError,
)
from features.platform.logs import mask_card_numbers
from orchestration import steps
from orchestration.defaults import DAG_DEFAULTS, explain_failure


def test_retries_outlast_several_server_crashes_in_a_row() -> None:
    task = DAG_DEFAULTS["default_args"]
    waits = [
        min(task["retry_delay"] * task["retry_exponential_backoff"] ** n, task["max_retry_delay"])
        for n in range(task["retries"])
    ]

    assert len(waits) >= 4
    assert waits[0] <= timedelta(seconds=30)
    assert timedelta(minutes=5) <= sum(waits, timedelta()) <= timedelta(minutes=30)


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (WarehouseUnavailableError("gone"), RetryAction.RETRY),
        (StatementError("count rows", "40P01", "DeadlockDetected", "no"), RetryAction.RETRY),
        (ContractError("no row"), RetryAction.FAIL),
    ],
)
def test_errors_of_the_warehouse_are_retried(error: Exception, action: RetryAction) -> None:
    policy = DAG_DEFAULTS["default_args"]["retry_policy"]

    assert policy.evaluate(error, try_number=1, max_tries=5).action in {
        action,
        RetryAction.DEFAULT if action is RetryAction.RETRY else action,
    }


def test_a_failure_is_explained_without_the_warehouse(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(run_id: object, failure: str) -> bool:
        raise WarehouseUnavailableError("the warehouse is gone")

    # the run's record is in the warehouse, which cannot be stopped for a single task
    monkeypatch.setattr(steps, "fail_run", refuse)
    monkeypatch.setattr(steps, "run_receipt", lambda context: None)
    ti = SimpleNamespace(task_id="score", run_id="r")

    with structlog.testing.capture_logs() as lines:
        explain_failure({"ti": ti, "exception": ValueError("bad"), "params": {}})

    assert [(line["event"], line["cause"]) for line in lines] == [
        ("task_failed", "ValueError: bad")
    ]


def test_every_task_masks_its_log_and_refuses_unknown_form_fields() -> None:
    before = structlog.get_config()
    run, dag = (
        SimpleNamespace(conf={"strat": "2026-11-21"}),
        SimpleNamespace(params={"start": None}),
    )
    try:
        with pytest.raises(ConfigurationError, match="did you mean 'start'"):
            DAG_DEFAULTS["default_args"]["pre_execute"]({"dag_run": run, "dag": dag})
        assert mask_card_numbers in structlog.get_config()["processors"]
    finally:
        structlog.configure(**before)
