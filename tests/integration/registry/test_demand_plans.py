"""A grocer's stock is planned on two nights by the forecasts of the same nights."""

from __future__ import annotations

import psycopg
import pyarrow.parquet as pq
import pytest
from structlog.testing import capture_logs

from scoring.commands.explain import text_of
from scoring.demand.job import JOB as FORECAST
from scoring.evidence import closure
from scoring.evidence.explain import explain
from scoring.evidence.replay import Selection
from scoring.evidence.verification import verify
from scoring.models import registry
from scoring.runs.request import Kind, Request
from scoring.steps import precedence
from scoring.steps.pipeline import STEPS
from scoring.steps.precedence import NotPublishedError
from scoring.stock.forecasts import LISTS
from scoring.stock.job import JOB
from tests import grocers
from tests.grocers import DAY, LIVE_DAYS, PRODUCTS
from tests.integration.registry.grocer_nights import Forecast, decide

SECOND = LIVE_DAYS[1]


def the_plan(forecast: Forecast, product: str, columns: str) -> tuple[object, ...]:
    """Return columns of a product's plan of the second night."""
    [row] = forecast.rows(
        f"select {columns} from decisions.stock_plans where run_id = %s and product_id = %s",
        forecast.plans[1].run_id,
        product,
    )
    return row


def test_each_counted_product_has_exactly_one_plan_on_both_nights(forecast: Forecast) -> None:
    for run in forecast.plans:
        rows = forecast.rows(
            "select merchant_id, product_id, stock_status from decisions.stock_plans"
            " where run_id = %s order by product_id",
            run.run_id,
        )

        assert (run.state, run.models) == ("published", {})
        assert rows == [("large", f"p{product}", "ok") for product in range(PRODUCTS)]


def test_a_plan_rests_on_the_published_forecasts_of_its_night(forecast: Forecast) -> None:
    differing = forecast.rows(
        "select plans.product_id from decisions.stock_plans as plans"
        " cross join lateral ("
        "   select array_agg('demand/' || demand_night_id || '/' || revision order by channel)"
        "     as ids, sum(expected_units) as units"
        "   from decisions.demand_forecasts as forecasts"
        "   where forecasts.merchant_id = plans.merchant_id"
        "     and forecasts.product_id = plans.product_id"
        "     and forecasts.day_at = plans.day_at"
        " ) as night"
        " where plans.forecast_ids <> night.ids"
        " or abs(night.units - (select sum(unit) from unnest(plans.expected_units) as unit)) > 1e-6"
    )

    assert differing == []


def test_a_forecast_says_how_far_its_demand_scatters_and_the_plan_keeps_it(
    forecast: Forecast,
) -> None:
    [(scatter, daily, level)] = forecast.rows(
        "select channel_scatter, daily_scatter, level_scatter from decisions.stock_plans as plans"
        " inner join decisions.demand_forecasts as forecasts"
        " on forecasts.demand_night_id || '/0' = substr(plans.forecast_ids[1], 8)"
        " where plans.run_id = %s and plans.product_id = 'p2'",
        forecast.plans[1].run_id,
    )

    assert scatter[:2] == [daily, level]


def test_a_product_that_runs_short_is_ordered_and_one_with_stock_for_weeks_is_not(
    forecast: Forecast,
) -> None:
    columns = "run_out_probability, order_units, expected_lost"
    short, plenty = (the_plan(forecast, product, columns) for product in ("p0", "p2"))

    assert short[0] > 0.99  # type: ignore[operator]
    assert short[1] > 0  # type: ignore[operator]
    assert plenty == (0.0, 0.0, 0.0)


def test_a_channel_with_a_surplus_gives_to_the_channel_that_runs_short(forecast: Forecast) -> None:
    source, target, pieces = the_plan(forecast, "p1", "transfer_from, transfer_to, transfer_units")

    assert (source, target) == (["shop"], ["web"])
    assert pieces[0] > 10  # type: ignore[index]


def test_the_ledger_refuses_a_plan_that_contradicts_itself(forecast: Forecast) -> None:
    changes = (
        "order_units = order_units + 1",
        "unpreventable_probability = 1, run_out_probability = 0.5",
        "expected_units = expected_units[1:27]",
        "expected_units[3] = 'NaN'",
        "transfer_from = array['shop', 'shop', 'shop']",
        "channel_units = channel_units[1:5]",
        "available = null",
        "stock_status = 'no_count'",
    )
    for change in changes:
        with forecast.db.superuser() as connection, pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(f"update decisions.stock_plans set {change}".encode())


def test_everything_adds_up_and_a_changed_order_is_noticed(forecast: Forecast) -> None:
    conninfo = forecast.settings.warehouse.conninfo("score")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        equations = closure.equations(connection, JOB, store=forecast.store)
    with forecast.db.superuser() as connection, connection.transaction(force_rollback=True):
        connection.execute(
            "update decisions.stock_plans set order_units = order_units + 6,"
            " order_need = order_need + 6 where product_id = 'p0'"
        )
        connection.execute("set role score")
        changed = closure.equations(connection, JOB)

    assert [str(equation) for equation in equations if not equation.holds] == []
    assert any("decisions.stock_plans were changed" in str(each) for each in changed)


def test_every_plan_and_its_features_replay_to_the_same_bits(forecast: Forecast) -> None:
    verification = verify(JOB, Selection(), forecast.settings, forecast.store)

    assert verification.as_dict()["differences"] == []
    assert verification.holds
    assert verification.replay.decisions == sum(run.rows_claimed for run in forecast.plans)


def test_a_published_file_holds_the_lists_of_the_ledger(forecast: Forecast) -> None:
    run = forecast.plans[1]
    folder = forecast.folder / "objects" / "published" / JOB.published / f"run={run.run_id}"
    [path] = folder.glob("*.parquet")
    names = ("stock_night_id", *LISTS, "transfer_from", "transfer_units")

    table = pq.read_table(path, partitioning=None)

    ledger = forecast.rows(
        f"select {', '.join(names)} from decisions.stock_plans where run_id = %s", run.run_id
    )
    columns = [table[name].to_pylist() for name in names]
    assert sorted(zip(*columns, strict=True)) == sorted(ledger)


def test_a_planned_night_is_not_planned_again(forecast: Forecast) -> None:
    run, steps = decide(JOB, forecast.settings, SECOND)

    assert run.run_id == forecast.plans[1].run_id
    assert list(steps) == list(STEPS[:3])


def test_a_plan_waits_for_the_forecasts_of_its_night(
    forecast: Forecast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotPublishedError, match="forecast_demand has no published run"):
        decide(JOB, forecast.settings, SECOND + 1)

    # while the model of demand has never been trained, plans go without forecasts
    monkeypatch.setattr(registry, "aliases_of", lambda *_: {})
    start = grocers.day(SECOND + 1)
    request = Request(start, start + DAY, Kind.SCHEDULED, "scheduled")
    conninfo = forecast.settings.warehouse.conninfo("score")
    with capture_logs() as logs, psycopg.connect(conninfo, autocommit=True) as connection:
        precedence.require(connection, JOB, request, forecast.settings)
    assert [log["event"] for log in logs] == ["followed_without_model"]
    assert forecast.rows(
        "select count(*) from decisions.runs where job = %s and state <> 'published'", JOB.name
    ) == [(0,)]
    assert JOB.follows == FORECAST.name


def test_a_plan_is_explained_by_stock_demand_and_order(forecast: Forecast) -> None:
    (name,) = the_plan(forecast, "p0", "stock_night_id")

    text = text_of(explain(JOB, str(name), forecast.settings, forecast.store))

    assert "stock large/p0/" in text
    assert "of product p0" in text
    assert "stock: 2 pieces at 1 places" in text
    assert "demand/large/p0/shop/" in text
    assert "order: " in text
    assert "model     none: the policy and the code decide" in text
    assert f"vesper replay --job plan_stock {name}" in text
