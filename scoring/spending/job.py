"""Declare the job that forecasts the spending of card customers, night by night."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from expectations.suites import Suite
from features.views import CUSTOMERS
from scoring.runs.job import Answer, AnswerKind, Gates, Job, ModelSlot, Population, Training
from scoring.runs.ledger import Ledger, Type

if TYPE_CHECKING:
    from features.platform.settings import Settings
    from scoring.decider import Domain
    from scoring.models.training import TrainReceipt
    from scoring.runs.training_order import TrainingOrder

MODEL_NAME = "purchasing_power"
MONTH_STATUS, QUARTER_STATUS = "month_status", "quarter_status"
#: The ledger's columns of each horizon, by their status: the point, and its interval of 80 %.
HORIZONS: Mapping[str, tuple[str, str, str]] = {
    MONTH_STATUS: ("spend_30d", "spend_30d_low", "spend_30d_high"),
    QUARTER_STATUS: ("spend_90d", "spend_90d_low", "spend_90d_high"),
}


def _domain() -> Domain:
    from scoring.spending.decider import DOMAIN

    return DOMAIN


def _train(order: TrainingOrder, settings: Settings) -> TrainReceipt:
    from scoring.spending.train import train

    return train(order, settings)


def _summary(forecast: Mapping[str, Any]) -> str:
    parts = [
        f"{days} days: {forecast[point]:,.2f} ({forecast[low]:,.2f} to {forecast[high]:,.2f})"
        if forecast[status] == "ok"
        else f"{days} days: no forecast ({forecast[status]})"
        for days, (status, (point, low, high)) in zip((30, 90), HORIZONS.items(), strict=True)
    ]
    return f"card spending of the next {'; '.join(parts)}"


JOB = Job(
    name="forecast_spending",
    domain="spending",
    cadence=timedelta(days=1),
    population=Population(
        subjects="raw.card_customer_nights", feed="transactions", nights="raw.card_nights"
    ),
    view=CUSTOMERS,
    model=ModelSlot(
        "spending",
        MODEL_NAME,
        ("scoring.spending.model.PurchasingPowerModel",),
        ("scoring.spending.horizon.HorizonForecast",),
    ),
    answers=tuple(
        Answer(name=name, status=status, kind=AnswerKind.COUNT)
        for status, names in HORIZONS.items()
        for name in names
    ),
    ledger=Ledger(
        "decisions.spending_forecasts",
        {
            MONTH_STATUS: Type.TEXT,
            **dict.fromkeys(HORIZONS[MONTH_STATUS], Type.DOUBLE),
            QUARTER_STATUS: Type.TEXT,
            **dict.fromkeys(HORIZONS[QUARTER_STATUS], Type.DOUBLE),
            "category_spend_30d": Type.JSON,
        },
        has_outcome=False,
    ),
    outcome=("is_degraded", "category_spend_30d"),
    gates=Gates(
        Suite("features.customers", "expectations.features:customers"),
        Suite("decisions.customers", "expectations.spending_decisions:customers"),
    ),
    published="spending_forecasts",
    serving="purchasing_power",
    decides=_domain,
    training=Training("transactions", _train, is_optional=True),
    summary=_summary,
)
