"""Declare the job that decides loan applications, night by night."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from expectations.suites import Suite
from features.views import APPLICATIONS
from scoring.runs.job import Answer, Gates, Job, ModelSlot, Population, Training
from scoring.runs.ledger import Ledger, Type

if TYPE_CHECKING:
    from features.platform.settings import Settings
    from scoring.decider import Domain
    from scoring.decision.policy.policy import Policy
    from scoring.decision.pricing import Pricing
    from scoring.models.matured_rows import Matured
    from scoring.models.training import TrainReceipt
    from scoring.runs.training_order import TrainingOrder

MODEL_NAME = "credit_applications"


def _domain() -> Domain:
    from scoring.credit.decider import DOMAIN

    return DOMAIN


def _train(order: TrainingOrder, settings: Settings) -> TrainReceipt:
    from scoring.credit.train import train

    return train(order, settings)


def _comparison() -> Matured:
    from scoring.credit.comparison import MATURED

    return MATURED


def _pricing() -> Pricing:
    from scoring.credit.pricing import PRICING

    return PRICING


def _check_policy(policy: Policy) -> None:
    policy.require_credit()


def _summary(decision: Mapping[str, Any]) -> str:
    if decision["default_probability"] is None:
        return f"no probability of default ({decision['credit_status']})"
    limit, requested = decision["recommended_limit_minor"], decision["requested_amount_minor"]
    return (
        f"probability of default {decision['default_probability']:.4f} within "
        f"{decision['pd_horizon_months']} months, grade {decision['grade']}, confidence "
        f"{decision['confidence']}; limit {limit:,} of {requested:,} minor units of "
        f"{decision['currency_code']}, bound by {decision['limit_binding']}; card history: "
        f"{decision['fraud_state']}" + (", counter-offer" if decision["is_counter_offer"] else "")
    )


JOB = Job(
    name="score_applications",
    domain="credit",
    cadence=timedelta(days=1),
    population=Population(subjects="raw.applications", feed="applications"),
    view=APPLICATIONS,
    model=ModelSlot(
        "credit",
        MODEL_NAME,
        ("scoring.credit.model.CreditModel",),
        (
            "scoring.credit.binning.Bins",
            "scoring.credit.boosting.MonotoneBoosting",
            "scoring.credit.scorecard.Scorecard",
        ),
        split_by="customer_id",
    ),
    # the second probability has no status of its own
    answers=(
        Answer(name="default_probability", status="credit_status"),
        Answer(name="second_probability", status="credit_status"),
    ),
    ledger=Ledger(
        "decisions.application_decisions",
        {
            "requested_amount_minor": Type.BIGINT,
            "currency_code": Type.TEXT,
            "decision": Type.TEXT,
            "credit_status": Type.TEXT,
            "default_probability": Type.DOUBLE,
            "second_probability": Type.DOUBLE,
            "prediction": Type.INTEGER,
            "grade": Type.TEXT,
            "pd_horizon_months": Type.INTEGER,
            "confidence": Type.TEXT,
            "recommended_limit_minor": Type.BIGINT,
            "limit_binding": Type.TEXT,
            "is_counter_offer": Type.BOOLEAN,
            "is_overridden": Type.BOOLEAN,
            "fraud_state": Type.TEXT,
            "fraud_highest_probability": Type.DOUBLE,
            "fraud_decision_count": Type.BIGINT,
            "fraud_review_count": Type.BIGINT,
            "fraud_decline_count": Type.BIGINT,
            "fraud_confirmed_count": Type.BIGINT,
            "fraud_decision_ids": Type.JSON,
        },
    ),
    outcome=(
        *("is_degraded", "prediction", "grade", "pd_horizon_months", "confidence", "fraud_state"),
        *("requested_amount_minor", "currency_code", "limit_binding", "recommended_limit_minor"),
        *("is_counter_offer", "is_overridden", "rule_hits", "decision", "reasons"),
    ),
    check_policy=_check_policy,
    has_exceptions=True,
    gates=Gates(
        Suite("features.applications", "expectations.features:applications"),
        Suite("decisions.applications", "expectations.application_decisions:applications"),
    ),
    published="application_decisions",
    serving="latest_application_decisions",
    decides=_domain,
    training=Training("application_labels", _train),
    comparison=_comparison,
    pricing=_pricing,
    summary=_summary,
)
