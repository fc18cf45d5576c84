"""Declare the job that plans the stock of each product, night by night.

No registered model decides a plan: the recorded forecasts of the night, the pinned policy and the
pinned code do.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from expectations.suites import Suite
from features.views import STOCK
from scoring.runs.job import Answer, AnswerKind, Gates, Job, Population
from scoring.runs.ledger import Ledger, Type

if TYPE_CHECKING:
    from scoring.decider import Domain
    from scoring.decision.policy.policy import Policy

#: Days ahead of a forecast.
DAYS = 28
STATUS = "stock_status"
ANSWERS: Mapping[str, AnswerKind] = {
    "run_out_probability": AnswerKind.PROBABILITY,
    "unpreventable_probability": AnswerKind.PROBABILITY,
    "expected_lost": AnswerKind.COUNT,
    "order_units": AnswerKind.COUNT,
}
#: The pieces of a product, known without a forecast too.
PIECES = ("on_hand", "reserved", "buffered", "available", "inbound")
#: The evidence that a plan keeps; `scoring.stock.forecasts` reads it.
EVIDENCE: Mapping[str, Type] = {
    "forecast_ids": Type.TEXTS,
    "forecast_channels": Type.TEXTS,
    "channel_units": Type.DOUBLES,
    "channel_scatter": Type.DOUBLES,
}
DECIDED: Mapping[str, Type] = {
    STATUS: Type.TEXT,
    **dict.fromkeys(PIECES, Type.DOUBLE),
    "expected_units": Type.DOUBLES,
    "stock_class": Type.TEXT,
    "service_level": Type.DOUBLE,
    "days_of_cover": Type.DOUBLE,
    "run_out_probability": Type.DOUBLE,
    "unpreventable_probability": Type.DOUBLE,
    "expected_lost": Type.DOUBLE,
    "period_demand": Type.DOUBLE,
    "order_in_days": Type.INTEGER,
    "order_need": Type.DOUBLE,
    "order_units": Type.DOUBLE,
    "order_overshoot": Type.DOUBLE,
    "saved_units": Type.DOUBLE,
    "is_dead": Type.BOOLEAN,
    "excess_units": Type.DOUBLE,
    "expiring_units": Type.DOUBLE,
    "transfer_from": Type.TEXTS,
    "transfer_to": Type.TEXTS,
    "transfer_units": Type.DOUBLES,
}


def _domain() -> Domain:
    from scoring.stock.decider import DOMAIN

    return DOMAIN


def _check_policy(policy: Policy) -> None:
    policy.require_stock()


def _summary(decision: Mapping[str, Any]) -> str:
    if decision["is_degraded"]:
        return f"no plan: {decision[STATUS]}"
    order = "no order"
    if decision["order_units"] > 0:
        order = (
            f"order {decision['order_units']:,.0f} pieces on day {decision['order_in_days'] + 1}"
        )
    return (
        f"{decision['available']:,.0f} pieces available, {decision['inbound']:,.0f} under way; "
        f"runs out with {100 * decision['run_out_probability']:.0f} % before the order after the "
        f"next arrives, if the next is left out; {order}"
    )


JOB = Job(
    name="plan_stock",
    domain="stock",
    cadence=timedelta(days=1),
    population=Population(
        subjects="raw.stock_nights", feed="stock_levels", nights="raw.sales_nights"
    ),
    view=STOCK,
    follows="forecast_demand",
    answers=tuple(Answer(name=name, status=STATUS, kind=kind) for name, kind in ANSWERS.items()),
    ledger=Ledger(
        "decisions.stock_plans",
        {**DECIDED, **EVIDENCE},
        context=("merchant_id", "product_id"),
        has_outcome=False,
    ),
    outcome=("is_degraded", *(name for name in DECIDED if name not in (STATUS, *ANSWERS))),
    check_policy=_check_policy,
    gates=Gates(
        Suite("features.stock", "expectations.features:stock"),
        Suite("decisions.stock_plans", "expectations.stock_decisions:plans"),
    ),
    published="stock_plans",
    serving="stock_outlook",
    decides=_domain,
    summary=_summary,
)
