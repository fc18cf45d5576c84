"""What every task does when its attempt dies."""

from __future__ import annotations

from datetime import timedelta

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
