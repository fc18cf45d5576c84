"""Sweep the leftovers of killed builds, and retry only the failures that a retry can cure."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from features.build import sweep
from features.platform.server_loss import is_server_gone

NOW = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def a_folder(path: Path, changed_at: datetime) -> Path:
    path.mkdir(parents=True)
    (path / "profiles.yml").touch()
    os.utime(path, (changed_at.timestamp(),) * 2)
    return path


def test_only_the_folders_of_old_builds_are_removed(tmp_path: Path) -> None:
    killed = a_folder(tmp_path / "dbt" / "build-killed", NOW - 2 * DAY)
    running = a_folder(tmp_path / "dbt" / "build-running", NOW)
    unrelated = a_folder(tmp_path / "dbt" / "something", NOW - 2 * DAY)

    assert sweep(tmp_path, NOW - DAY) == 1
    assert [path.exists() for path in (killed, running, unrelated)] == [False, True, True]


def test_a_folder_without_builds_needs_no_sweeping(tmp_path: Path) -> None:
    assert sweep(tmp_path, NOW) == 0


@pytest.mark.parametrize(
    "message",
    [
        "server closed the connection unexpectedly\n\tThis probably means the server terminated",
        "terminating connection because of crash of another server process",
        "terminating connection due to administrator command",
        'connection to server at "127.0.0.1", port 5 failed: Connection refused',
        "FATAL:  the database system is starting up",
        "FATAL:  the database system is in recovery mode",
        "FATAL:  the database system is shutting down",
        "could not receive data from server: Connection reset by peer",
        "SSL connection has been closed unexpectedly",
        "connection already closed",
    ],
)
def test_a_lost_server_is_retried(message: str) -> None:
    assert is_server_gone(f"Database Error in model feat_transactions\n  {message}")


@pytest.mark.parametrize(
    "message",
    [
        'column "amount" does not exist',
        "division by zero",
        'new row for relation "feat_transactions" violates check constraint "server"',
        "Compilation Error: macro 'connection' is undefined",
    ],
)
def test_a_wrong_model_is_not_retried(message: str) -> None:
    assert not is_server_gone(f"Database Error in model feat_transactions\n  {message}")
