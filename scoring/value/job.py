"""Declare the job that values the customers of each merchant, night by night."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from expectations.suites import Suite
from features.views import CUSTOMER_NIGHTS
from scoring.runs.job import Answer, AnswerKind, Gates, Job, ModelSlot, Population, Training
from scoring.runs.ledger import Ledger, Type

if TYPE_CHECKING:
    from features.platform.settings import Settings
    from scoring.decider import Domain
    from scoring.models.training import TrainReceipt
    from scoring.runs.training_order import TrainingOrder

MODEL_NAME = "customer_value"


def _domain() -> Domain:
    from scoring.value.decider import DOMAIN

    return DOMAIN


def _train(order: TrainingOrder, settings: Settings) -> TrainReceipt:
    from scoring.value.train import train

    return train(order, settings)


def _summary(decision: Mapping[str, Any]) -> str:
    if decision["is_degraded"]:
        return (
            f"no value: purchases {decision['purchases_status']}, spend "
            f"{decision['spend_status']}, activity {decision['activity_status']}"
        )
    return (
        f"expected purchases {decision['expected_purchases_30d']:.2f} in 30 days and "
        f"{decision['expected_purchases_90d']:.2f} in 90, expected spend "
        f"{decision['expected_spend_30d']:.2f} and {decision['expected_spend_90d']:.2f} in major "
        f"units of the base currency, by {decision['value_method']}; active with probability "
        f"{decision['p_active']:.3f}"
    )


JOB = Job(
    name="value_customers",
    domain="value",
    cadence=timedelta(days=1),
    population=Population(subjects="raw.customer_nights", feed="sales", nights="raw.sales_nights"),
    view=CUSTOMER_NIGHTS,
    model=ModelSlot("value", MODEL_NAME, ("scoring.value.model.CustomerValueModel",)),
    answers=(
        Answer(name="expected_purchases_30d", status="purchases_status", kind=AnswerKind.COUNT),
        Answer(name="expected_purchases_90d", status="purchases_status", kind=AnswerKind.COUNT),
        Answer(name="expected_spend_30d", status="spend_status", kind=AnswerKind.COUNT),
        Answer(name="expected_spend_90d", status="spend_status", kind=AnswerKind.COUNT),
        Answer(name="p_active", status="activity_status", kind=AnswerKind.PROBABILITY),
    ),
    ledger=Ledger(
        "decisions.customer_values",
        {
            "purchases_status": Type.TEXT,
            "expected_purchases_30d": Type.DOUBLE,
            "expected_purchases_90d": Type.DOUBLE,
            "spend_status": Type.TEXT,
            "expected_spend_30d": Type.DOUBLE,
            "expected_spend_90d": Type.DOUBLE,
            "activity_status": Type.TEXT,
            "p_active": Type.DOUBLE,
            "value_method": Type.TEXT,
        },
        context=("merchant_id", "customer_id"),
        has_outcome=False,
    ),
    outcome=("is_degraded", "value_method"),
    gates=Gates(
        Suite("features.customer_nights", "expectations.customer_nights:features"),
        Suite("decisions.customer_values", "expectations.value_decisions:customers"),
    ),
    published="customer_values",
    serving="customer_value",
    decides=_domain,
    training=Training("sales", _train),
    summary=_summary,
)
