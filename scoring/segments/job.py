"""Declare the job that assigns the customers of merchants to segments, night by night."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from expectations.suites import Suite
from features.views import CUSTOMER_NIGHTS
from scoring.runs.job import Answer, AnswerKind, Gates, Job, ModelSlot, Population, Training
from scoring.runs.ledger import Ledger, Type
from scoring.segments.levels import LEVELS

if TYPE_CHECKING:
    from features.platform.settings import Settings
    from scoring.decider import Domain
    from scoring.models.training import TrainReceipt
    from scoring.runs.training_order import TrainingOrder

MODEL_NAME = "customer_segments"
#: The state of the night before: a replay reads it from the ledger row.
PREVIOUS: dict[str, Type] = {
    "previous_segment": Type.TEXT,
    "previous_nights_off": Type.INTEGER,
    "previous_model_version": Type.TEXT,
    "had_segment": Type.BOOLEAN,
}


def _domain() -> Domain:
    from scoring.segments.decider import DOMAIN

    return DOMAIN


def _train(order: TrainingOrder, settings: Settings) -> TrainReceipt:
    from scoring.segments.train import train

    return train(order, settings)


def _summary(decision: Mapping[str, Any]) -> str:
    if decision["segment"] is None:
        return f"no segment ({decision['segment_status']})"
    moved = {
        None: f"stays, {decision['nights_off']} nights off",
        "new": "is new",
    }.get(decision["move_reason"])
    cause = moved or f"moved from {decision['previous_segment']}: {decision['move_reason']}"
    return (
        f"segment {decision['segment']}, {decision['segment_name']}; {cause}; distance "
        f"{decision['own_distance']:.3f}, to {decision['runner_up']} "
        f"{decision['runner_up_distance']:.3f}"
    )


JOB = Job(
    name="segment_customers",
    domain="segments",
    cadence=timedelta(days=1),
    population=Population(subjects="raw.customer_nights", feed="sales", nights="raw.sales_nights"),
    view=CUSTOMER_NIGHTS,
    model=ModelSlot("segments", MODEL_NAME, ("scoring.segments.model.SegmentModel",)),
    # the answers of a row come together, so they share a status
    answers=(
        Answer(name="segment", status="segment_status", kind=AnswerKind.LABEL, levels=LEVELS),
        Answer(name="own_distance", status="segment_status", kind=AnswerKind.COUNT),
        Answer(name="runner_up", status="segment_status", kind=AnswerKind.LABEL, levels=LEVELS),
        Answer(name="runner_up_distance", status="segment_status", kind=AnswerKind.COUNT),
        Answer(name="nearest", status="segment_status", kind=AnswerKind.LABEL, levels=LEVELS),
    ),
    ledger=Ledger(
        "decisions.customer_segments",
        {
            "segment_status": Type.TEXT,
            "segment": Type.TEXT,
            "segment_name": Type.TEXT,
            "own_distance": Type.DOUBLE,
            "runner_up": Type.TEXT,
            "runner_up_distance": Type.DOUBLE,
            "nearest": Type.TEXT,
            "nights_off": Type.INTEGER,
            **PREVIOUS,
            "move_reason": Type.TEXT,
        },
        context=("merchant_id", "customer_id"),
        has_outcome=False,
    ),
    outcome=("is_degraded", "segment_name", "nights_off", "move_reason"),
    gates=Gates(
        Suite("features.customer_nights", "expectations.customer_nights:features"),
        Suite("decisions.customer_segments", "expectations.segment_decisions:customer_segments"),
    ),
    published="customer_segments",
    serving="customer_segments",
    decides=_domain,
    training=Training("sales", _train),
    summary=_summary,
)
