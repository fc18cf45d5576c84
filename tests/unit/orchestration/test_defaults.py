"""What every task does before it begins, and when its attempt dies."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
import structlog

from features.platform.errors import ConfigurationError
from features.platform.logs import mask_card_numbers
from orchestration.defaults import DAG_DEFAULTS


def test_retries_outlast_several_crashes_of_the_server_one_after_another() -> None:
    task = DAG_DEFAULTS["default_args"]
    waits = [
        min(task["retry_delay"] * task["retry_exponential_backoff"] ** n, task["max_retry_delay"])
        for n in range(task["retries"])
    ]

    assert len(waits) >= 4
    assert waits[0] <= timedelta(seconds=30)
    assert timedelta(minutes=5) <= sum(waits, timedelta()) <= timedelta(minutes=30)


def test_every_task_masks_its_log_and_refuses_fields_that_its_form_has_not() -> None:
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
