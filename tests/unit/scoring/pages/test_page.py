"""The page of a run shows facts, the next step and pictures, and escapes every text."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scoring.pages.forecasts import ClassTotal, Forecasts
from scoring.pages.page import RunPage, number, render, render_list
from scoring.pages.plans import Plans
from tests.unit.scoring.pages.contents import (
    a_gate,
    a_page,
    a_plan,
    a_plan_total,
    a_run,
    a_series,
    some_forecasts,
    some_plans,
)

HOSTILE = "<script>alert('&')</script>"


def test_a_page_of_forecasts_has_classes_pictures_and_promotions() -> None:
    text = render(a_page(some_forecasts()))

    assert "forecast_demand · 2026-08-31" in text
    assert text.count("<svg") == 2
    assert "milk · shop" in text
    assert "Promotion 2 Sep to 5 Sep: 1.20 USD" in text
    assert "56</b> units in 28 days, 84 in the 28 days before" in text
    assert "demand, version 3" in text
    assert '<a href="../validations/00000000-0000-0000-0000-000000000009">' in text


def test_a_page_of_plans_has_risks_orders_and_transfers() -> None:
    text = render(a_page(some_plans(), job="plan_stock", models={}))

    assert "<b>87 %</b> to run out" in text
    assert "<b>Order 24 pieces on 3 Sep</b>" in text
    assert "Move 4 pieces from depot to shop." in text
    assert "none: the policy decides" in text
    assert "AX" in text


@pytest.mark.parametrize("rows", [Forecasts(), Plans()])
def test_a_run_without_rows_says_so(rows: Forecasts | Plans) -> None:
    text = render(a_page(rows, rows_claimed=0, rows_scored=0, rows_published=0))

    assert "No row was live in this window" in text
    assert "<svg" not in text


def test_a_run_without_any_forecast_names_the_cause_and_the_remedy() -> None:
    total = ClassTotal(demand_class=None, status="model_timed_out", series=3, units=None)
    text = render(a_page(Forecasts(totals=[total]), rows_scored=0, rows_degraded=3))

    assert "No series has a forecast." in text
    assert "3 of 3 rows have no answer (model timed out)." in text
    assert "Put the champion before in force" in text
    assert "<svg" not in text


def test_a_run_without_any_plan_names_the_cause_and_the_remedy() -> None:
    total = a_plan_total(stock_class=None, status="no_forecast", is_degraded=True, orders=0)
    text = render(a_page(Plans(totals=[total]), job="plan_stock", rows_degraded=3))

    assert "No product has a plan." in text
    assert "no plan: no forecast" in text
    assert "Publish <code>forecast_demand</code> for this night first." in text


def test_an_open_and_a_failed_run_say_what_to_do() -> None:
    still_open = render(a_page(state="scored", rows_published=None, published_at=None))
    failed = render(a_page(state="failed", failure=f"a gate {HOSTILE}", published_at=None))

    assert "The run is open" in still_open
    assert "clear the failed task" in failed
    assert HOSTILE not in failed


def test_texts_of_products_and_people_are_escaped() -> None:
    forecasts = some_forecasts(
        a_series(
            merchant_id=HOSTILE,
            product_id=HOSTILE,
            channel=HOSTILE,
            category=HOSTILE,
            method=HOSTILE,
            decision_id=f"demand/{HOSTILE}/0",
        )
    )
    plans = some_plans(
        a_plan(merchant_id=HOSTILE, product_id=HOSTILE, category=HOSTILE, transfer_to=[HOSTILE])
    )

    for rows in (forecasts, plans):
        text = render(a_page(rows, requested_by=HOSTILE, reason=HOSTILE))
        assert "<script" not in text
        assert "&lt;script&gt;" in text
    assert "<script" not in render_list([a_run(job=HOSTILE, models={"a": {"version": HOSTILE}})], 9)


def test_a_warned_gate_is_named_before_the_numbers_are_used() -> None:
    page = RunPage(a_run(), [a_gate(verdict="warned")], "demand_forecasts", some_forecasts())

    assert "Read the warnings of <code>decisions.demand_forecasts</code>" in render(page)


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    for rows in (some_forecasts(), some_plans()):
        text = render(a_page(rows))
        assert "http" not in text
        assert "url(" not in text
        assert " on" not in text.split("<body>")[1].split(">")[0]
        assert "<script" not in text


def test_rows_of_several_nights_have_no_picture_of_their_sum() -> None:
    text = render(a_page(some_forecasts(night=None)))

    assert text.count("<svg") == 1


def test_a_page_without_pictures_shows_a_run_of_another_job() -> None:
    text = render(a_page(job="score_transactions"))

    assert "score_transactions" in text
    assert "<svg" not in text


def test_a_list_of_runs_links_each_page() -> None:
    text = render_list([a_run(rows_degraded=2), a_run(state="failed")], newest=200)

    assert text.count('href="runs/00000000-0000-0000-0000-000000000007"') == 2
    assert "No run yet." in render_list([], newest=200)


def test_a_window_of_hours_names_both_ends() -> None:
    run = a_run()
    hour = a_run(window_end=run.window_start + timedelta(hours=1))

    assert hour.window == "2026-08-31 00:00 to 2026-08-31 01:00 UTC"


def test_numbers_are_as_exact_as_people_need_them() -> None:
    assert [number(value) for value in (None, 3, 24.0, 1_234_567, 0.25, 99.96, 1234.5)] == [
        "–",
        "3",
        "24",
        "1,234,567",
        "0.2",
        "100.0",
        "1,234",
    ]
