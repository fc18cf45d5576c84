"""Two grocers: their history trains the model of demand, and two nights forecast each series."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psycopg
import pyarrow.parquet as pq
import pytest
from mlflow import MlflowClient

from features.platform.errors import TooFewLabelsError
from scoring.commands.explain import text_of
from scoring.demand import train
from scoring.demand.job import ANSWERS, JOB
from scoring.evidence import closure
from scoring.evidence.explain import explain
from scoring.evidence.replay import Selection
from scoring.evidence.verification import verify
from scoring.pages import page, reading
from scoring.pages.forecasts import Forecasts, Promotion
from scoring.runs.training_order import TrainingOrder
from scoring.steps.pipeline import STEPS
from tests import grocers
from tests.grocers import DAY, LIVE_DAYS, Series
from tests.integration.registry.grocer_nights import Forecast, decide

FIRST, SECOND = LIVE_DAYS


def test_the_training_gives_the_champion_and_says_what_serves_each_class(
    forecast: Forecast, address: str
) -> None:
    client = MlflowClient(address)
    version = client.get_model_version(JOB.model.name, forecast.receipt.version)

    page = Path(client.download_artifacts(version.run_id, "model_card.md")).read_text()

    assert forecast.receipt.alias == "champion"
    assert version.tags["feature_view"] == JOB.view.qualified
    assert forecast.receipt.notes[0].startswith("all: mean by ")
    assert "## Which candidate serves" in page
    assert "| all | mean | mean_28 |" in page


def test_each_live_series_has_exactly_one_forecast_of_28_days_on_both_nights(
    forecast: Forecast,
) -> None:
    for run, number in zip(forecast.runs, LIVE_DAYS, strict=True):
        rows = forecast.rows(
            "select merchant_id, product_id, channel, cardinality(mean_units),"
            " cardinality(low_units), cardinality(median_units), cardinality(high_units)"
            " from decisions.demand_forecasts where run_id = %s and not is_degraded",
            run.run_id,
        )

        assert run.state == "published"
        assert sorted(Series(*row[:3]) for row in rows) == sorted(grocers.live_series(number))
        assert {row[3:] for row in rows} == {(28, 28, 28, 28)}


def test_the_ledger_refuses_crossing_quantiles_and_gaps(forecast: Forecast) -> None:
    changes = (
        "low_units[3] = high_units[3] + 1",
        "mean_units[5] = null",
        "median_units[1] = 'NaN'",
        "mean_units = mean_units[1:27]",
        "high_units = null",
    )
    for change in changes:
        with forecast.db.superuser() as connection, pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(f"update decisions.demand_forecasts set {change}".encode())


def test_forecasts_are_near_the_rates_and_their_sum_is_stated(forecast: Forecast) -> None:
    assert forecast.rows(
        "select bool_and(abs(expected_units - (select sum(unit) from unnest(mean_units) as unit))"
        " < 1e-9) from decisions.demand_forecasts"
    ) == [(True,)]
    expected = dict(
        forecast.rows(
            "select product_id, expected_units / 28 from decisions.demand_forecasts"
            " where run_id = %s and merchant_id = 'large' and channel = 'shop'",
            forecast.runs[1].run_id,
        )
    )
    assert expected["p0"] == pytest.approx(6.0, rel=0.25)
    assert expected["p6"] == pytest.approx(8.0, rel=0.25)
    assert expected["p4"] < 1.0


def test_days_without_stock_are_missing_and_not_zero(forecast: Forecast) -> None:
    number = max(OUT_NIGHTS)
    rows = forecast.rows(
        "select out_share_56, units_28 from marts.feat_demand"
        " where merchant_id = 'large' and product_id = 'p0' and channel = 'shop' and day_at = %s",
        grocers.day(number),
    )
    sold = grocers.units()[0, number - 27 : number + 1]
    open_days = [n not in grocers.OUT for n in range(number - 27, number + 1)]

    [(share, mean)] = rows
    assert share == pytest.approx(len(grocers.OUT) / 56)
    assert mean == pytest.approx(sold[open_days].mean())


#: Month ends at which the days without stock are among the last four weeks.
OUT_NIGHTS = [
    number
    for number in range(max(grocers.OUT), max(grocers.OUT) + 17)
    if (grocers.day(number) + DAY).day == 1
]


def test_everything_adds_up_and_a_changed_number_is_noticed(forecast: Forecast) -> None:
    conninfo = forecast.settings.warehouse.conninfo("score")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        equations = closure.equations(connection, JOB, store=forecast.store)
    with forecast.db.superuser() as connection, connection.transaction(force_rollback=True):
        connection.execute(
            "update decisions.demand_forecasts set mean_units[7] = mean_units[7] + 1"
            " where demand_night_id = (select min(demand_night_id)"
            " from decisions.demand_forecasts)"
        )
        connection.execute("set role score")
        changed = closure.equations(connection, JOB)

    assert [str(equation) for equation in equations if not equation.holds] == []
    assert "rows of decisions.demand_forecasts" in {equation.subject for equation in equations}
    assert any("decisions.demand_forecasts were changed" in str(each) for each in changed)


def test_a_published_file_holds_the_lists_of_the_ledger(forecast: Forecast) -> None:
    run = forecast.runs[1]
    folder = forecast.folder / "objects" / "published" / JOB.published / f"run={run.run_id}"
    [path] = folder.glob("*.parquet")

    table = pq.read_table(path, partitioning=None)

    ledger = forecast.rows(
        f"select demand_night_id, {', '.join(ANSWERS)} from decisions.demand_forecasts"
        " where run_id = %s",
        run.run_id,
    )
    columns = [table[name].to_pylist() for name in ("demand_night_id", *ANSWERS)]
    assert sorted(zip(*columns, strict=True)) == sorted(ledger)


def test_every_forecast_and_its_features_replay_to_the_same_bits(forecast: Forecast) -> None:
    verification = verify(JOB, Selection(), forecast.settings, forecast.store)

    assert verification.as_dict()["differences"] == []
    assert verification.holds
    assert verification.replay.decisions == sum(run.rows_claimed for run in forecast.runs)


def test_a_forecast_night_is_not_forecast_again(forecast: Forecast) -> None:
    run, steps = decide(JOB, forecast.settings, SECOND)

    assert run.run_id == forecast.runs[1].run_id
    assert list(steps) == list(STEPS[:3])


def test_a_forecast_is_explained_by_baseline_drivers_and_last_year(forecast: Forecast) -> None:
    [(name,)] = forecast.rows(
        "select demand_night_id from decisions.demand_forecasts where run_id = %s"
        " and product_id = 'p1' and channel = 'web'",
        forecast.runs[1].run_id,
    )

    explanation = explain(JOB, name, forecast.settings, forecast.store)

    assert explanation.lines[1].startswith("baseline: ")
    assert any(line == "promotion: days 2 to 11 ahead, 25 % off" for line in explanation.lines)
    assert any(line.startswith("last year: the series did not sell") for line in explanation.lines)
    text = text_of(explanation)
    assert "of product p1, channel web" in text
    assert "units expected in 28 days" in text


def test_readers_see_each_day_ahead_and_sums_of_means(forecast: Forecast) -> None:
    series = len(grocers.live_series(SECOND))
    counts = forecast.rows(
        "select grain, count(*), min(target_day), round(sum(mean_units)::numeric, 6)"
        " from serving.demand_forecasts group by grain order by grain"
    )

    by_grain = {grain: rest for grain, *rest in counts}
    assert {grain: rest[0] // 28 for grain, rest in by_grain.items()} == {
        "series": series,
        "product": 11,
        "category": 3,
        "merchant": 2,
    }
    assert {rest[1] for rest in by_grain.values()} == {grocers.day(SECOND + 1).date()}
    assert len({rest[2] for rest in by_grain.values()}) == 1


def test_the_accuracy_of_a_night_is_measured_on_the_days_that_have_closed(
    forecast: Forecast,
) -> None:
    measured = forecast.rows(
        "select merchant_id, day_at, days_ahead, sum(series), sum(units), sum(absolute_error)"
        " from serving.forecast_accuracy group by 1, 2, 3 order by 1"
    )

    sold = grocers.units()[:, SECOND]
    is_large = np.array([each.merchant == "large" for each in grocers.series()])
    assert [row[:3] for row in measured] == [
        ("large", grocers.day(FIRST), 1),
        ("small", grocers.day(FIRST), 1),
    ]
    assert [row[4] for row in measured] == [sold[is_large].sum(), sold[~is_large].sum()]
    assert all(row[5] >= 0 for row in measured)


def test_the_page_of_a_night_shows_what_the_model_saw_and_expects(forecast: Forecast) -> None:
    run = forecast.runs[1]
    with forecast.db.connect("score") as connection:
        content = reading.page_of(connection, run.run_id)

    assert content is not None
    rows = content.rows
    assert isinstance(rows, Forecasts)
    assert rows.series == run.rows_claimed
    assert rows.night == grocers.day(SECOND).date()
    assert sum(rows.mean) == pytest.approx(rows.units)
    sold = grocers.units()[:, SECOND - 55 : SECOND + 1]
    assert list(rows.past) == pytest.approx(list(sold.sum(axis=0)))
    expected = [each.expected_units for each in rows.largest]
    assert len(expected) == 10
    assert expected == sorted(expected, reverse=True)
    place = {each: number for number, each in enumerate(grocers.series())}
    for each in rows.largest:
        series = Series(each.merchant_id, each.product_id, each.channel)
        assert list(each.past) == pytest.approx(list(sold[place[series]]))
    assert {each.title: each.promotions for each in rows.largest if each.promotions} == {
        "p1 · web": [Promotion(first=2, last=11, price="1.50 USD")]
    }
    assert {gate.suite for gate in content.gates} == {
        JOB.gates.features.name,
        JOB.gates.decisions.name,
    }

    text = page.render(content)
    assert text.count("<svg") == 11
    assert f"vesper explain {rows.example}" in text
    assert explain(JOB, rows.example, forecast.settings, forecast.store).decision


def test_days_without_stock_are_those_of_the_features_of_a_night(forecast: Forecast) -> None:
    of_night = forecast.rows(
        "select merchant_id, product_id, channel, least(364, age_days + 1) - observed_days_364"
        " from marts.feat_demand where day_at = %s order by 1, 2, 3",
        grocers.day(SECOND),
    )
    found = forecast.rows(
        "select nights.merchant_id, nights.product_id, nights.channel, count(short.day_number)"
        " from marts.feat_demand as nights left join marts.fct_shortage_days as short"
        "   on (nights.merchant_id, nights.product_id, nights.channel)"
        "    = (short.merchant_id, short.product_id, short.channel)"
        "  and nights.night_day - short.day_number between 0 and least(363, nights.age_days)"
        " where nights.day_at = %s group by 1, 2, 3 order by 1, 2, 3",
        grocers.day(SECOND),
    )

    assert found == of_night
    out = {row[:3]: row[3] for row in found if row[3]}
    assert out == {
        ("large", "p0", "shop"): len(grocers.OUT),
        ("large", "p3", "shop"): len(grocers.OUT_OF_LATE),
    }


def test_accuracy_leaves_out_the_same_days_as_training(forecast: Forecast) -> None:
    columns = "merchant_id, product_id, channel, day_number, is_whole_day"
    newest = (grocers.day(SECOND) - datetime(1970, 1, 1, tzinfo=UTC)).days

    closed = forecast.rows(f"select {columns} from marts.fct_closed_shortage_days order by 4")
    every = forecast.rows(
        f"select {columns} from marts.fct_shortage_days where day_number > %s order by 4",
        newest - 56,
    )

    assert closed == every
    assert [row[3] for row in closed] == [newest - SECOND + day for day in grocers.OUT_OF_LATE]


def test_before_the_first_month_end_there_is_nothing_to_learn_from(forecast: Forecast) -> None:
    with pytest.raises(TooFewLabelsError, match="holds no series at a month end"):
        train.train(TrainingOrder(as_of=grocers.day(20)), forecast.settings)
