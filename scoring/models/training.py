"""Ends every training: registers the model, records it, gives it an alias, returns a receipt.

A challenger under test keeps its alias while the schedule trains on, so that its shadow and its
gate see one model. A training that a person has asked for takes the alias.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import psycopg
import structlog
from numpy.typing import NDArray

from features.platform import database, seals
from features.platform.settings import Settings
from scoring.models import challengers, gate_plan, registry
from scoring.models.registry import ModelRecord
from scoring.runs.job import Job
from scoring.runs.training_order import TrainingOrder

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TrainReceipt:
    """The result of one training."""

    model: str
    version: str
    alias: str  # empty: a challenger under test keeps it
    sha256: str
    as_of: str
    rows: int
    events: int  # frauds or defaults among them; 0 for a model that predicts no event
    features: int
    metrics: dict[str, float]
    notes: list[str]  # the choices that the training has made

    def as_dict(self) -> dict[str, object]:
        """Return the receipt as plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Learnt:
    """A fitted model and the data of its training.

    Args:
        model: the estimator.
        features: names of its columns.
        example: a few rows of them, for the signature.
        rows: the number of labelled rows, test rows included.
        events: frauds or defaults among them; 0 for a model that predicts no event.
        as_of: labels and rows known later were ignored.
        notes: the choices that the training has made, for people.
    """

    model: Any
    features: Sequence[str]
    example: NDArray[np.float64]
    rows: int
    events: int
    as_of: datetime
    notes: Sequence[str] = ()


def standing_order(settings: Settings) -> TrainingOrder:
    """Return the columns that the settings keep or drop at every training."""
    return TrainingOrder(keep=settings.training.keep, drop=settings.training.drop)


def register(
    job: Job, learnt: Learnt, record: ModelRecord, order: TrainingOrder, settings: Settings
) -> TrainReceipt:
    """Register a model: `champion` if there is none, otherwise `challenger`, or without an alias.

    The record in `audit.challengers` is written with the alias or not at all. Promotion is another
    act.

    Raises:
        ModelUnavailableError: the registry does not answer.
        WarehouseUnavailableError: the warehouse does not answer.
    """
    pin = registry.log_and_register(
        learnt.model, job.slot, record, learnt.example, learnt.features, settings
    )
    aliases = registry.aliases_of(job.slot.name, settings)
    with (
        database.connect(settings.warehouse, "score") as connection,
        connection.transaction(),
    ):
        alias = _alias(connection, job, aliases, order)
        recorded = challengers.record(
            connection,
            pin,
            job=job.name,
            trainer=order.trainer,
            alias=alias,
            tags=record.tags,
            metrics=record.metrics,
        )
        if alias:
            registry.set_alias(job.slot.name, pin.version, alias, settings)
        if recorded is not None:
            seals.seal(connection, "training", recorded)  # last: it locks the chain of seals
    receipt = TrainReceipt(
        model=job.slot.name,
        version=pin.version,
        alias=alias,
        sha256=pin.sha256,
        as_of=learnt.as_of.isoformat(),
        rows=learnt.rows,
        events=learnt.events,
        features=len(learnt.features),
        metrics=dict(record.metrics),
        notes=list(learnt.notes),
    )
    log.info("model_trained", **receipt.as_dict())
    return receipt


def _alias(
    connection: psycopg.Connection[Any],
    job: Job,
    aliases: Mapping[str, str],
    order: TrainingOrder,
) -> str:
    """Return the alias of a new version; empty while another challenger is under test."""
    if registry.CHAMPION not in aliases:
        return registry.CHAMPION
    # without a challenger, the champion stands for it
    tested = aliases.get(registry.CHALLENGER, aliases[registry.CHAMPION])
    plan = gate_plan.load(job.slot.name)
    if plan is None or tested == aliases[registry.CHAMPION] or not order.is_scheduled:
        return registry.CHALLENGER
    longest = timedelta(days=plan.shadow.longest_days)
    is_under_test = challengers.is_younger(connection, job.slot.name, tested, longest)
    return "" if is_under_test else registry.CHALLENGER
