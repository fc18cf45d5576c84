"""Make the contents of pages of runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from scoring.pages.facts import Gate, RunFacts
from scoring.pages.forecasts import PAST_DAYS, ClassTotal, Forecasts, Promotion, Series
from scoring.pages.page import RunPage
from scoring.pages.plans import Plan, Plans, PlanTotal

NIGHT = date(2026, 8, 31)
_START = datetime(2026, 8, 31, tzinfo=UTC)
_PINS: dict[str, dict[str, Any]] = {"demand": {"name": "demand", "version": "3"}}


def a_run(**changes: Any) -> RunFacts:
    run = RunFacts(
        run_id=UUID(int=7),
        job="forecast_demand",
        kind="scheduled",
        state="published",
        window_start=_START,
        window_end=_START + timedelta(days=1),
        requested_by="scheduled__2026-08-31",
        reason=None,
        models=_PINS,
        policy_version="2026.12.1",
        feature_view="demand@1",
        code_version="abc",
        known_at_cutoff=_START + timedelta(days=1),
        rows_claimed=3,
        rows_scored=3,
        rows_degraded=0,
        rows_published=3,
        claimed_at=_START + timedelta(hours=26),
        published_at=_START + timedelta(hours=26, seconds=40),
        failure=None,
    )
    return replace(run, **changes)


def a_gate(**changes: Any) -> Gate:
    gate = Gate(
        validation_id=UUID(int=9),
        suite="decisions.demand_forecasts",
        verdict="passed",
        rows_checked=3,
        not_held=0,
        validated_at=_START + timedelta(hours=26),
    )
    return replace(gate, **changes)


def a_series(**changes: Any) -> Series:
    series = Series(
        merchant_id="north",
        product_id="milk",
        channel="shop",
        category="dairy",
        demand_class="smooth",
        method="mean_28",
        night=NIGHT,
        decision_id="demand/north/milk/shop/2026-08-31/0",
        expected_units=56.0,
        mean_units=[2.0] * 28,
        low_units=[1.0] * 28,
        high_units=[4.0] * 28,
        past=[3.0] * PAST_DAYS,
        promotions=[Promotion(first=2, last=5, price="1.20 USD")],
    )
    return replace(series, **changes)


def some_forecasts(*largest: Series, **changes: Any) -> Forecasts:
    forecasts = Forecasts(
        totals=[ClassTotal(demand_class="smooth", status="ok", series=3, units=168.0)],
        largest=largest or [a_series()],
        night=NIGHT,
        past=[9.0] * PAST_DAYS,
        mean=[6.0] * 28,
    )
    return replace(forecasts, **changes)


def a_plan(**changes: Any) -> Plan:
    plan = Plan(
        merchant_id="north",
        product_id="milk",
        category="dairy",
        night=NIGHT,
        decision_id="stock/north/milk/2026-08-31/0",
        stock_class="AX",
        service_level=0.98,
        on_hand=12.0,
        available=10.0,
        inbound=6.0,
        expected_units=[2.0] * 28,
        days_of_cover=5.0,
        run_out_probability=0.87,
        unpreventable_probability=0.1,
        expected_lost=4.0,
        order_in_days=2,
        order_units=24.0,
        saved_units=3.5,
        transfer_from=["depot"],
        transfer_to=["shop"],
        transfer_units=[4.0],
        inbound_units=[6.0],
        inbound_due=[3.0],
    )
    return replace(plan, **changes)


def a_plan_total(**changes: Any) -> PlanTotal:
    total = PlanTotal(
        stock_class="AX",
        status="ok",
        is_degraded=False,
        products=3,
        orders=1,
        order_units=24.0,
        expected_lost=4.0,
        likely_out=1,
        dead=0,
        excess_units=0.0,
        expiring_units=0.0,
        transfers=1,
    )
    return replace(total, **changes)


def some_plans(*at_risk: Plan, **changes: Any) -> Plans:
    plans = Plans(totals=[a_plan_total()], at_risk=at_risk or [a_plan()])
    return replace(plans, **changes)


def a_page(rows: Forecasts | Plans | None = None, **changes: Any) -> RunPage:
    return RunPage(a_run(**changes), [a_gate()], "demand_forecasts", rows)
