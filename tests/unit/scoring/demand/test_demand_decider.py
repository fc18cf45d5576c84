"""A night's series become ledger rows: four lists with one status, a class and a method."""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from features.platform.settings import Settings
from features.views import DEMAND
from scoring.demand import figures, model_card
from scoring.demand.classes import CLASSES
from scoring.demand.decider import DemandDecider, decider_of
from scoring.demand.history import History
from scoring.demand.inputs import INPUT_TYPES
from scoring.demand.job import ANSWERS, JOB, SCATTER
from scoring.demand.model import DemandModel
from scoring.demand.past import COLUMNS
from scoring.demand.rows import Rows
from scoring.demand.serving import Forecasts
from scoring.demand.training_set import TrainingSet
from scoring.models import card
from tests.demand import the_past

NIGHT = 300


@dataclass(frozen=True)
class FakeRun:
    """The part of a run that a decider reads."""

    run_id: str = "r"
    feature_view: str = DEMAND.qualified
    policy_version: str = "2026.12.1"
    models: dict[str, dict[str, str]] = field(default_factory=lambda: {"demand": {"version": "2"}})


class Answering:
    """A model with given answers, which knows the columns of the real one."""

    def __init__(self, model: DemandModel, answers: Forecasts) -> None:
        self.features, self.past, self.methods = model.features, model.past, model.methods
        self.scatter = model.scatter
        self.answers = answers

    def score(self, matrix: np.ndarray) -> Forecasts:
        return self.answers


@pytest.fixture(scope="module")
def decider(model: DemandModel) -> DemandDecider:
    return decider_of(FakeRun(), model, Settings(test=True))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def table(shop: History) -> pa.Table:
    """The rows of a night."""
    matrix = the_past(shop, NIGHT).matrix
    known = dict(zip(COLUMNS, matrix.T, strict=True))
    keys: dict[str, Any] = {
        "version": 1,
        "merchant_id": "m",
        "channel": "web",
        "day_at": 1_793_491_200_000_000,
        "revision": 0,
        "feature_sha256": "ab" * 32,
    }
    ids = [f"m/p{number}/web/2026-11-01" for number in range(len(matrix))]
    nothing = np.full(len(matrix), np.nan)
    return pa.table(
        {
            name: pa.array(
                ids
                if name == "demand_night_id"
                else [name[2:] for name in ids]
                if name == "product_id"
                else [keys[name]] * len(ids)
                if name in keys
                else known.get(name, nothing),
                kind,
                from_pandas=True,
            )
            for name, kind in INPUT_TYPES.items()
        }
    )


def test_a_row_has_the_columns_of_the_ledger_and_28_numbers_a_list(
    decider: DemandDecider, table: pa.Table
) -> None:
    rows = decider.decide(table).to_pylist()

    assert set(rows[0]) == set(JOB.columns) - {"decided_at", "processing_time_ms"}
    assert {len(row[name]) for row in rows for name in ANSWERS} == {28}
    assert {row["forecast_status"] for row in rows} == {"ok"}
    assert {row["demand_class"] for row in rows} <= set(CLASSES)
    assert all(row["method"] for row in rows)
    assert rows[0]["expected_units"] == pytest.approx(sum(rows[0]["mean_units"]))


def test_the_bits_of_a_row_do_not_depend_on_the_rows_beside_it(
    decider: DemandDecider, table: pa.Table
) -> None:
    together = decider.decide(table)

    alone = pa.concat_tables(decider.decide(table.slice(row, 1)) for row in range(5))

    assert together.slice(0, 5).combine_chunks().equals(alone.combine_chunks())


def test_without_the_model_a_series_has_a_status_and_no_forecast(table: pa.Table) -> None:
    decider = decider_of(FakeRun(), None, Settings(test=True))  # type: ignore[arg-type]

    rows = decider.decide(table).to_pylist()

    assert {row["forecast_status"] for row in rows} == {"model_unavailable"}
    assert all(row["is_degraded"] for row in rows)
    empty = ("demand_class", "method", "expected_units", *ANSWERS, *SCATTER)
    assert {row[name] for row in rows for name in empty} == {None}


def test_a_forecast_says_how_far_demand_scatters_by_its_class(
    decider: DemandDecider, table: pa.Table
) -> None:
    rows = decider.decide(table).to_pylist()

    by_class = {row["demand_class"]: {row[name] for name in SCATTER} for row in rows}
    assert all(row[name] >= 0 for row in rows for name in SCATTER)
    assert all(len(values) <= len(SCATTER) for values in by_class.values())


def test_a_model_from_before_its_scatter_was_fitted_forecasts_the_same_units(
    decider: DemandDecider, model: DemandModel, table: pa.Table
) -> None:
    older = copy(model)
    del older.scatter_

    rows = decider_of(FakeRun(), older, Settings(test=True)).decide(table)  # type: ignore[arg-type]

    assert {rows[name].null_count for name in SCATTER} == {table.num_rows}
    kept = [name for name in rows.column_names if name not in SCATTER]
    assert rows.select(kept).equals(decider.decide(table).select(kept))


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("mean_units", -1.0),
        ("mean_units", np.nan),
        ("low_units", 1.5),  # above the median
        ("high_units", 0.5),  # below the median
    ],
)
def test_one_bad_number_takes_the_whole_forecast_of_its_series(
    model: DemandModel, table: pa.Table, answer: str, value: float
) -> None:
    values = {name: np.ones((table.num_rows, 28)) for name in ANSWERS}
    values[answer][1, 9] = value
    spoilt = Answering(model, Forecasts(**values))
    decider = decider_of(FakeRun(), spoilt, Settings(test=True))  # type: ignore[arg-type]

    rows = decider.decide(table).to_pylist()

    assert [row["forecast_status"] for row in rows[:3]] == ["ok", "invalid_score", "ok"]
    assert {rows[1][name] for name in (*ANSWERS, "method", "expected_units")} == {None}
    assert rows[2]["expected_units"] == 28.0


def test_a_recorded_failure_stays_a_failure_when_it_is_decided_again(
    decider: DemandDecider, table: pa.Table
) -> None:
    first = decider.decide(table)
    recorded = pa.table(
        {"forecast_status": pa.array(["model_timed_out"] + ["ok"] * (table.num_rows - 1))}
    )

    again = decider.decide_again(table, recorded)

    assert again.slice(1).equals(first.slice(1))
    assert again.slice(0, 1).to_pylist()[0]["forecast_status"] == "model_timed_out"
    assert again["mean_units"][0].as_py() is None


def test_a_person_reads_baseline_drivers_and_last_year(
    decider: DemandDecider, table: pa.Table
) -> None:
    place = table.column_names.index("year_ago_28")
    lines = decider.lines(table.slice(0, 1))
    without = table.set_column(place, "year_ago_28", pa.array([None] * 30, pa.float64()))
    with_it = table.set_column(place, "year_ago_28", pa.array([2.0] * 30))

    assert lines[0].split(":")[0] in CLASSES
    assert lines[1].startswith("baseline: ")
    assert any(line.startswith("level: ") for line in lines)
    [missing] = [line for line in decider.lines(without.slice(0, 1)) if "last year" in line]
    assert missing.startswith("last year: the series did not sell")
    [known] = [line for line in decider.lines(with_it.slice(0, 1)) if "last year" in line]
    assert known.startswith("last year: 56.0 units in the same 28 days")


def test_the_summary_names_units_interval_class_and_method(
    decider: DemandDecider, table: pa.Table
) -> None:
    assert JOB.summary is not None
    [row] = decider.decide(table.slice(0, 1)).to_pylist()

    text = JOB.summary(row)

    assert f"{row['expected_units']:.1f} units expected in 28 days" in text
    assert f"{row['demand_class']} demand, by {row['method']}" in text


def test_the_card_compares_with_the_baselines_and_leaves_columns_out(
    model: DemandModel, nights: Rows
) -> None:
    learnt_from = TrainingSet(nights, 1, "0" * 64)
    day = date(2026, 11, 30)

    page = card.as_markdown(
        model_card.of(model, learnt_from, DEMAND, datetime(2026, 11, 30, tzinfo=UTC), day)
    )

    assert re.search(r"smaller loss in \d+ of \d+; where no candidate is better", page)
    assert re.search(r"\| units_\d+ \| 0% \| \d", page)
    assert "night_day | " not in page  # no feed brings the day
    assert "next review by 2028-05-30" in page


def test_the_page_says_what_serves_each_class_and_shows_every_loss(model: DemandModel) -> None:
    choices = model_card.choices(model)
    measured = model_card.metrics(model)

    assert choices[0].startswith("all: mean by ")
    assert measured["all_median_loss"] <= measured["all_median_loss_of_baseline"]
    assert set(figures.draw(model)) == {
        "backtest_mean.png",
        "backtest_median.png",
        "backtest_interval.png",
    }


def test_a_model_from_before_its_season_was_learnt_still_forecasts(
    model: DemandModel, table: pa.Table
) -> None:
    older = copy(model)
    del older.season_parts_, older.season_slopes_
    # trees of before have no term of the season
    older.trees_ = []
    older.mean_ = np.eye(model.mean_.shape[1] - 2)[np.zeros(len(model.mean_), dtype=int)]
    older.median_ = np.eye(model.median_.shape[1] - 2)[np.full(len(model.median_), -1)]

    rows = decider_of(FakeRun(), older, Settings(test=True)).decide(table)  # type: ignore[arg-type]

    assert older.seasons is None
    assert older.choice.median[:, -1].tolist() == [1.0] * len(model.median_)
    assert set(rows["forecast_status"].to_pylist()) == {"ok"}
    assert set(rows["method"].to_pylist()) == {"mean_28"}
