"""Ends every training: registers the model, records it, gives it an alias, returns a receipt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from features.platform import database
from features.platform.settings import Settings
from scoring.models import challengers, registry
from scoring.models.registry import ModelRecord
from scoring.runs.job import Job
from scoring.runs.training_order import TrainingOrder

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TrainReceipt:
    """The result of one training."""

    model: str
    version: str
    alias: str
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
    """Register a model: `champion` if there is none, otherwise `challenger`; promotion is manual.

    The record in `audit.challengers` is written with the alias or not at all.

    Raises:
        ModelUnavailableError: the registry does not answer.
        WarehouseUnavailableError: the warehouse does not answer.
    """
    pin = registry.log_and_register(
        learnt.model, job.slot, record, learnt.example, learnt.features, settings
    )
    is_first = registry.CHAMPION not in registry.aliases_of(job.slot.name, settings)
    alias = registry.CHAMPION if is_first else registry.CHALLENGER
    with (
        database.connect(settings.warehouse, "score") as connection,
        connection.transaction(),
    ):
        challengers.record(
            connection,
            pin,
            job=job.name,
            trainer=order.trainer,
            alias=alias,
            tags=record.tags,
            metrics=record.metrics,
        )
        registry.set_alias(job.slot.name, pin.version, alias, settings)
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
