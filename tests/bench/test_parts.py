"""The benchmark computes the right ratios and checks from its seconds."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.local.postgres import Cluster
from tests.bench import parts
from tests.bench.picture import draw
from tests.bench.sides import STAGES, Measured
from tests.bench.traffic import Traffic
from tests.bench.world import Bench

STEPS = [step for steps in STAGES.values() for step in steps]


def ours(seconds: float, rows: int = 100, **steps: float) -> Measured:
    return Measured(rows, dict.fromkeys(STEPS, seconds / len(STEPS)) | steps, 500.0)


def floor(ingest: float, build: float, score: float, publish: float) -> Measured:
    steps = {"ingest": ingest, "build": build, "score": score, "publish": publish}
    return Measured(100, steps | {"reference": 1.0}, 300.0)


def test_every_step_belongs_to_one_stage() -> None:
    assert len(set(STEPS)) == len(STEPS)
    assert ours(9.0).total == pytest.approx(sum(ours(9.0).stage(name) for name in STAGES))


def test_additional_measurements_are_no_steps_of_an_hour() -> None:
    assert floor(1, 4, 2, 1).total == 8
    assert ours(9.0, score_one_by_one=5.0).total == ours(9.0).total


def test_two_shards_are_compared_with_the_same_rows_scored_one_by_one() -> None:
    shards = next(part for part in parts.PARTS if part.name == "shards")

    (faster,) = shards.judge({"ours": ours(9.0, score=2.0, score_one_by_one=3.5)})

    assert (faster.value, faster.holds) == (1.75, True)


def test_a_ratio_uses_the_medians() -> None:
    found = {"ours 1": ours(10), "ours 2": ours(90), "ours 3": ours(10)}
    found |= {f"floor {number}": floor(1, 4, 2, 1) for number in (1, 2, 3)}

    checks = {check.name: check for check in parts.PARTS[0].judge(found)}

    of_floor = checks["bench.end_to_end_vs_floor.100k"]
    assert (round(of_floor.value, 6), of_floor.bar, of_floor.holds) == (0.8, 0.5, True)
    assert checks["bench.features_vs_reference.100k"].value == 0.25


def test_an_hour_that_loses_speed_with_its_size_misses_the_bar() -> None:
    found = {"100k": ours(1, 100_000), "1m": ours(20, 1_000_000), "5m": ours(60, 5_000_000)}
    linear = next(part for part in parts.PARTS if part.name == "linear")

    assert {check.name: check.holds for check in linear.judge(found)} == {
        "bench.linearity": False,
        "bench.linearity.5m": True,
        "bench.peak_rss_mib": True,
    }


def test_bad_rows_are_compared_with_good_rows_by_the_median_of_the_rounds() -> None:
    found = {f"good {number}": ours(1, ingest=2.0) for number in (1, 2, 3)}
    found |= {f"bad {number}": ours(1, ingest=taken) for number, taken in enumerate((2.1, 9, 2.1))}
    bad_rows = next(part for part in parts.PARTS if part.name == "bad_rows")

    (slower,) = bad_rows.judge(found)

    assert slower.value == pytest.approx(1.05)
    assert slower.holds


def test_closure_is_reported_in_seconds_per_million_rows() -> None:
    closure = next(part for part in parts.PARTS if part.name == "closure")

    found = closure.judge({"ours": ours(9.0, 100_000, closure=1.2, closure_fast=0.3)})

    assert [round(check.value, 6) for check in found] == [12.0, 3.0]
    assert ours(9.0, closure=1.2).total == ours(9.0).total


def test_many_small_files_are_compared_with_one_file_of_the_same_rows() -> None:
    found = {"one 1": ours(4), "few 1": ours(2), "many 1": ours(10)}
    small_files = next(part for part in parts.PARTS if part.name == "small_files")

    ratio, flat = small_files.judge(found)

    assert (ratio.value, ratio.holds) == (pytest.approx(2.5), True)
    assert flat.value == pytest.approx((10 / 200) / (2 / 50))


def test_the_overhead_of_airflow_is_a_share_of_the_whole_run() -> None:
    found = {"empty": ours(15, airflow=3.0), "hour": ours(90, airflow=30.0)}
    airflow = next(part for part in parts.PARTS if part.name == "airflow")

    empty, overhead = airflow.judge(found)

    assert (empty.name, empty.holds) == ("bench.airflow_empty_seconds", True)
    # the tasks add at most the whole time of an empty hour
    in_tasks = found["empty"].total - 3.0
    assert overhead.value == pytest.approx((30 + in_tasks) / found["hour"].total)


def test_the_quick_run_shows_the_same_values_without_bars() -> None:
    found = {"ours 1": ours(100), "floor 1": floor(1, 4, 2, 1)}

    assert {check.bar for check in parts.QUICK.judge(found)} == {None}


def test_customers_have_seven_transactions_a_day() -> None:
    assert Traffic(1_000_000).customers == 3_428_571
    assert len({part.name for part in parts.PARTS}) == len(parts.PARTS)


def test_further_rounds_are_measured_only_while_there_is_time(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Cluster(tmp_path, 1, ""), {}, datetime(2026, 1, 1, tzinfo=UTC))

    assert list(bench.rounds(3)) == [1, 2, 3]

    bench.deadline = time.monotonic()
    assert list(bench.rounds(3)) == [1]


def test_the_picture_leaves_out_an_empty_hour(tmp_path: Path) -> None:
    draw({"an hour": ours(9.0), "an empty one": ours(9.0, rows=0)}, tmp_path / "bench.png")

    assert (tmp_path / "bench.png").stat().st_size > 0


def test_a_night_of_customers_is_compared_with_its_floor() -> None:
    quick = next(part for part in parts.PARTS if part.name == "customers_quick")

    ratio, rate, peak = quick.judge({"ours 1": ours(10, 500), "floor 1": floor(1, 1, 2, 1)})

    assert (round(ratio.value, 6), round(rate.value, 6), peak.value) == (0.5, 50.0, 500.0)


def test_a_night_that_grows_with_the_history_misses_the_bar() -> None:
    flat = next(part for part in parts.PARTS if part.name == "customers_flat")

    (steady,) = flat.judge({"one_year 1": ours(10), "two_years 1": ours(11)})
    (growing,) = flat.judge({"one_year 1": ours(10), "two_years 1": ours(12)})

    assert (steady.holds, growing.holds) == (True, False)


def test_a_night_of_series_that_takes_more_than_five_minutes_misses_the_bar() -> None:
    demand = next(part for part in parts.PARTS if part.name == "demand")

    found = demand.judge({"ours 1": ours(301, 500, refit=899.0), "floor 1": floor(1, 99, 50, 1)})

    assert {check.name: check.holds for check in found} == {
        "bench.demand_vs_floor": True,
        "bench.demand_per_second": True,
        "bench.demand_peak_rss_mib": True,
        "bench.demand_seconds": False,
        "bench.demand_refit_seconds": True,
    }
    assert ours(301, refit=899.0).total == pytest.approx(301)
