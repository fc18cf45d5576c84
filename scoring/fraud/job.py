"""Declare the job that decides card transactions, hour by hour."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from expectations.suites import Suite
from features.views import TRANSACTIONS
from scoring.runs.job import Answer, Gates, Job, ModelSlot, Population, Training
from scoring.runs.ledger import Ledger, Type

if TYPE_CHECKING:
    from features.platform.settings import Settings
    from scoring.decider import Domain
    from scoring.decision.pricing import Pricing
    from scoring.models.matured_rows import Matured
    from scoring.models.training import TrainReceipt
    from scoring.runs.training_order import TrainingOrder

MODEL_NAME = "fraud_transactions"


def _domain() -> Domain:
    from scoring.fraud.decider import DOMAIN

    return DOMAIN


def _train(order: TrainingOrder, settings: Settings) -> TrainReceipt:
    from scoring.fraud.train import train

    return train(order, settings)


def _comparison() -> Matured:
    from scoring.fraud.comparison import MATURED

    return MATURED


def _pricing() -> Pricing:
    from scoring.fraud.pricing import PRICING

    return PRICING


def _summary(decision: Mapping[str, Any]) -> str:
    def shown(component: str, measure: str) -> str:
        value = decision[f"{component}_{measure}"]
        return f"{value:.4f}" if value is not None else f"none ({decision[f'{component}_status']})"

    return (
        f"fraud probability {shown('fraud', 'probability')}, "
        f"anomaly score {shown('anomaly', 'score')}"
    )


JOB = Job(
    name="score_transactions",
    domain="fraud",
    cadence=timedelta(hours=1),
    population=Population(subjects="raw.transactions", feed="transactions"),
    view=TRANSACTIONS,
    model=ModelSlot(
        "fraud",
        MODEL_NAME,
        ("scoring.fraud.model.FraudModel", "scoring.fraud.small_model.SmallFraudModel"),
        split_by="customer_id",
    ),
    answers=(
        Answer(name="fraud_probability", status="fraud_status"),
        Answer(name="anomaly_score", status="anomaly_status"),
    ),
    ledger=Ledger(
        "decisions.transaction_decisions",
        {
            "decision": Type.TEXT,
            "fraud_status": Type.TEXT,
            "fraud_probability": Type.DOUBLE,
            "anomaly_status": Type.TEXT,
            "anomaly_score": Type.DOUBLE,
        },
    ),
    outcome=("is_degraded", "rule_hits", "decision", "reasons"),
    has_exceptions=True,
    gates=Gates(
        Suite("features.transactions", "expectations.features:transactions"),
        Suite("decisions.transactions", "expectations.decisions:transactions"),
    ),
    published="transaction_decisions",
    serving="latest_transaction_decisions",
    decides=_domain,
    training=Training("transactions", _train),
    comparison=_comparison,
    pricing=_pricing,
    summary=_summary,
)
