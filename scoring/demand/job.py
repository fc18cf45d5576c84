"""Declare the job that forecasts the demand of each product and channel, night by night."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from expectations.suites import Suite
from features.views import DEMAND
from scoring.runs.job import Answer, AnswerKind, Gates, Job, ModelSlot, Population, Training
from scoring.runs.ledger import Ledger, Type

if TYPE_CHECKING:
    from features.platform.settings import Settings
    from scoring.decider import Domain
    from scoring.models.training import TrainReceipt
    from scoring.runs.training_order import TrainingOrder

MODEL_NAME = "demand"
#: Days ahead; each answer has one value for each of them.
DAYS = 28
STATUS = "forecast_status"
ANSWERS = ("mean_units", "low_units", "median_units", "high_units")
#: Variances of the factors of a day and of all days; null where the model has not fitted them.
SCATTER = ("daily_scatter", "level_scatter")


def _domain() -> Domain:
    from scoring.demand.decider import DOMAIN

    return DOMAIN


def _train(order: TrainingOrder, settings: Settings) -> TrainReceipt:
    from scoring.demand.train import train

    return train(order, settings)


def _summary(decision: Mapping[str, Any]) -> str:
    if decision["is_degraded"]:
        return f"no forecast: {decision[STATUS]}"
    return (
        f"{decision['expected_units']:.1f} units expected in {DAYS} days; on the first day "
        f"{decision['mean_units'][0]:.1f}, in 80 of 100 cases {decision['low_units'][0]:.1f} to "
        f"{decision['high_units'][0]:.1f}; {decision['demand_class']} demand, by "
        f"{decision['method']}"
    )


JOB = Job(
    name="forecast_demand",
    domain="demand",
    cadence=timedelta(days=1),
    population=Population(subjects="raw.demand_nights", feed="sales", nights="raw.sales_nights"),
    view=DEMAND,
    model=ModelSlot("demand", MODEL_NAME, ("scoring.demand.model.DemandModel",)),
    answers=tuple(
        Answer(name=name, status=STATUS, kind=AnswerKind.COUNT, length=DAYS) for name in ANSWERS
    ),
    ledger=Ledger(
        "decisions.demand_forecasts",
        {
            STATUS: Type.TEXT,
            "demand_class": Type.TEXT,
            "method": Type.TEXT,
            "expected_units": Type.DOUBLE,
            **dict.fromkeys(ANSWERS, Type.DOUBLES),
            **dict.fromkeys(SCATTER, Type.DOUBLE),
        },
        context=("merchant_id", "product_id", "channel"),
        has_outcome=False,
    ),
    outcome=("is_degraded", "demand_class", "method", "expected_units", *SCATTER),
    gates=Gates(
        Suite("features.demand", "expectations.features:demand"),
        Suite("decisions.demand_forecasts", "expectations.demand_decisions:forecasts"),
    ),
    published="demand_forecasts",
    serving="demand_forecasts",
    decides=_domain,
    training=Training("sales", _train, is_optional=True),
    summary=_summary,
)
