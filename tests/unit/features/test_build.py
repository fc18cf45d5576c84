"""What killed builds leave behind is removed; what may still be in use is not."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from features.build import sweep

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
    other = a_folder(tmp_path / "dbt" / "something", NOW - 2 * DAY)

    assert sweep(tmp_path, NOW - DAY) == 1
    assert [path.exists() for path in (killed, running, other)] == [False, True, True]


def test_a_place_where_nothing_was_ever_built_needs_no_sweeping(tmp_path: Path) -> None:
    assert sweep(tmp_path, NOW) == 0
