"""The benchmark refuses runs that would measure something else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.local.postgres import Cluster
from tests.bench import sides, world
from tests.bench.traffic import Traffic
from tests.bench.world import Bench, BenchError

HOUR = Traffic(100)


def told(rows: int) -> dict[str, object]:
    return {"rows": rows, "seconds": {"all": 1.0}, "peak_mib": 1.0}


def test_an_incomplete_hour_is_no_measurement() -> None:
    assert sides.read(told(100), HOUR).rate == 100

    with pytest.raises(BenchError, match="99 rows came through of an hour of 100"):
        sides.read(told(99), HOUR)


def test_an_hour_with_bad_rows_must_lack_some_decisions() -> None:
    with_bad_rows = Traffic(100, bad_share=0.01)

    assert sides.read(told(99), with_bad_rows).rows == 99
    with pytest.raises(BenchError):
        sides.read(told(100), with_bad_rows)


def test_two_benchmarks_do_not_run_at_the_same_time(tmp_path: Path) -> None:
    with (
        world.alone(tmp_path),
        pytest.raises(BenchError, match="another benchmark"),
        world.alone(tmp_path),
    ):
        pass


def test_after_midnight_the_histories_of_the_day_before_are_refused(
    tmp_path: Path,
) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1, hours=1)  # the hours of a start end later
    bench = Bench(tmp_path, Cluster(tmp_path, 1, ""), {}, yesterday)

    with pytest.raises(BenchError, match="the day has turned"), bench.copy("installed"):
        pass


def test_histories_of_other_code_are_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster, kept = Cluster(tmp_path / "postgres", 1, ""), tmp_path / "start.json"
    # the real version changes with a commit, and a test makes none in this checkout
    monkeypatch.setattr(world, "code_version", lambda: "one")
    start = world.start_of_hour(cluster, kept)
    (tmp_path / "postgres").mkdir()

    assert world.start_of_hour(cluster, kept) == start
    assert (tmp_path / "postgres").exists()

    monkeypatch.setattr(world, "code_version", lambda: "another")
    world.start_of_hour(cluster, kept)
    assert not (tmp_path / "postgres").exists()
