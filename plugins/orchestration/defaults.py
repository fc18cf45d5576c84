"""The settings that all DAGs share, and the handling of a task that has failed for good."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

from features.platform.errors import (
    BadDeliveryError,
    ConfigurationError,
    ContractError,
    FencedError,
    WarehouseUnavailableError,
)
from orchestration.forms import refuse_unknown_fields
from orchestration.run_window import EARLIEST

# An error of input or configuration is the same at a retry; all other errors are retried.
_FAIL_AT_ONCE = (BadDeliveryError, ConfigurationError, ContractError, FencedError)


def prepare(context: Mapping[str, Any]) -> None:
    """Mask card numbers in the log of the task from here on, and refuse a form's unknown fields.

    Raises:
        ConfigurationError: the DAG has no such field.
    """
    from features.platform import logs

    logs.install()  # Airflow has configured its log for this task by now
    refuse_unknown_fields(context)


def explain_failure(context: Mapping[str, Any]) -> None:
    """Log the failed window, the cause and the next step; mark the run failed."""
    import psycopg
    import structlog

    from orchestration import steps

    ti, error = context["ti"], context.get("exception")
    if isinstance(error, FencedError):
        # a newer attempt owns the run: an orphan must not fail it
        structlog.get_logger(__name__).warning("attempt_ended", task=ti.task_id, cause=str(error))
        return
    receipt = steps.run_receipt(context) or {}
    run_id = receipt.get("run_id")
    # before the claim only the requested window is known: from the form, or from another DAG
    requested = getattr(context.get("task"), "conf", None) or context["params"]
    try:
        failed = steps.fail_run(run_id, f"{ti.task_id}: {type(error).__name__}: {error}")
    except (psycopg.OperationalError, WarehouseUnavailableError):
        # the run stays open until it is stale; the cause of this failure must be logged now
        failed = False
    structlog.get_logger(__name__).error(
        "task_failed",
        task=ti.task_id,
        run_id=run_id,
        window=receipt.get("window") or [requested.get(end) for end in ("start", "end")],
        cause=f"{type(error).__name__}: {error}",
        next_step=(
            "mend the cause, then clear the task `admit` and everything after it: the window is "
            "claimed anew"
            if failed
            else "mend the cause, then clear this task"
        ),
    )


DAG_DEFAULTS: dict[str, Any] = {
    # before any window that a user may request: a run that starts earlier has no tasks, and
    # Airflow calls it a success
    "start_date": EARLIEST,
    "catchup": False,
    "max_active_runs": 1,
    "dagrun_timeout": timedelta(hours=6),
    "default_args": {
        "owner": "scoring-platform",
        # a crash of the server costs every task that runs one attempt, and several may follow one
        # another: five retries after 15 to 300 s outlast ten minutes
        "retries": 5,
        "retry_delay": timedelta(seconds=15),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=5),
        "retry_policy": ExceptionRetryPolicy(
            rules=[
                RetryRule(exception=error, action=RetryAction.FAIL, reason="the same at a retry")
                for error in _FAIL_AT_ONCE
            ]
        ),
        "execution_timeout": timedelta(hours=1),
        "pre_execute": prepare,
        "on_failure_callback": explain_failure,
    },
}
