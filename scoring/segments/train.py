"""Fit the segments on the end of a month, hold them against those in force, and register them.

Every draw has a seed, so the same customers give the same model. A refit that divides the customers
otherwise is refused: the model in force stays, and the refusal is an event. A training within the
same month, or on the knowledge of an earlier one, changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import psycopg
import structlog
from psycopg.types.json import Jsonb

from features.platform import code_version, database
from features.platform.errors import TooFewLabelsError
from features.platform.settings import Settings
from features.platform.storage import object_store
from features.views import CUSTOMER_NIGHTS, FeatureView
from scoring.models import card, decision_rows, model_files, registry, training
from scoring.models.decision_rows import DecisionRow
from scoring.models.training import Learnt, TrainReceipt
from scoring.runs.pins import ModelPin
from scoring.runs.training_order import TrainingOrder
from scoring.segments import figures, fitting, model_card, naming, retention, training_set
from scoring.segments.fitting import Fit
from scoring.segments.job import JOB
from scoring.segments.model import POOLED, SegmentModel
from scoring.segments.model_card import Content
from scoring.segments.points import FEATURES
from scoring.segments.rows import Customers
from scoring.segments.stability import moved_share

log = structlog.get_logger(__name__)

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
REFITTED, REFUSED = "segments_refitted", "segments_refit_refused"


def train(
    order: TrainingOrder, settings: Settings, *, feature_view: FeatureView = CUSTOMER_NIGHTS
) -> TrainReceipt:
    """Fit the segments of the newest end of a month that was known at the order's moment.

    Without an end of a month in the period, it is the newest night. The first model becomes
    `champion`. A refit that passes the gate becomes `champion` as well, because the gate compares
    it with the model in force; otherwise that one stays.

    Args:
        order: the knowledge, by default of now, and the period of the night.
        settings: access to the warehouse and the registry.
        feature_view: the view of the customers.

    Raises:
        TooFewLabelsError: there is no night, or too few customers differ.
        ModelUnavailableError: the registry does not answer, or the model in force cannot be read.
    """
    as_of = order.as_of or datetime.now(UTC)
    in_force, pin = _in_force(settings)
    with database.connect(settings.warehouse, "score", autocommit=False) as connection:
        customers = training_set.read(
            connection,
            feature_view,
            start=order.start or BEGINNING,
            end=order.end or as_of,
            as_of=as_of,
        )
        if customers is None:
            raise TooFewLabelsError(
                f"{feature_view.table} has no customer night known at {as_of.isoformat()}; deliver "
                "sales with at least 90 days of history, and build the features"
            )
        nights = retention.read(connection, feature_view, customers, as_of)
    # ISO days: an order on the knowledge of the past must not put an older model in force
    if pin is not None and in_force is not None and in_force.fitted_at_ >= f"{customers.night}":
        note = (
            f"the model in force was fitted on {in_force.fitted_at_}, so the customers of "
            f"{customers.night} change nothing"
        )
        return _in_force_receipt(pin, len(customers), as_of, {}, [note])
    model, fits = _fitted(customers, in_force)
    is_refused = pin is not None and not any(fit.is_accepted for fit in fits.values())
    _record(fits, customers, pin, REFUSED if is_refused else REFITTED, settings)
    content = Content(
        feature_view,
        customers.night.isoformat(),
        customers.values,
        fits,
        in_force is None,
        datetime.now(UTC).date(),
        [name for name in model.merchants_ if name not in fits],
    )
    if is_refused and pin is not None:
        notes = ["the refit was refused, so no version was registered"]
        return _in_force_receipt(
            pin, len(customers), as_of, _metrics(fits), notes + model_card.choices(content)
        )
    pooled = fits[POOLED]
    by_name = retention.by_segment(pooled.segments, nights)
    page = model_card.of(content)
    record = registry.ModelRecord(
        metrics=_metrics(fits),
        params={"seed": model.seed, "merchants": len(fits) - 1, "customers": len(customers)},
        tags=_tags(customers, feature_view, as_of, settings),
        figures=figures.draw(pooled, customers.values, by_name),
        description=card.summary(page),
        outcomes=("segment",),
        texts={"model_card.md": card.as_markdown(page)},
        answered_by="predict",
    )
    learnt = Learnt(
        model=model,
        features=list(FEATURES),
        example=customers.values[:5],
        rows=len(customers),
        events=0,
        as_of=as_of,
        notes=model_card.choices(content),
    )
    receipt = training.register(JOB, learnt, record, order, settings)
    return receipt if pin is None else _promoted(receipt, pin, order, settings)


def _in_force(settings: Settings) -> tuple[SegmentModel | None, ModelPin | None]:
    """Return the model in force with its pin, or None for a first fit."""
    if registry.CHAMPION not in registry.aliases_of(JOB.slot.name, settings):
        return None, None
    pin = registry.resolve(JOB.slot.name, registry.CHAMPION, settings)
    store = object_store(settings)
    registry.fetch(pin, settings, store)
    model: SegmentModel = model_files.load(pin, store, settings.work / "models", JOB.slot)
    return model, pin


def _fitted(
    customers: Customers, in_force: SegmentModel | None
) -> tuple[SegmentModel, dict[str, Fit]]:
    """Fit the segments.

    Raises:
        TooFewLabelsError: too few customers differ.
    """
    log.info("training_planned", night=customers.night.isoformat(), customers=len(customers))
    try:
        return fitting.fit_all(customers.by_merchant, customers.night.isoformat(), in_force)
    except ValueError as error:
        raise TooFewLabelsError(f"no segments could be fitted: {error}") from error


def _record(
    fits: Mapping[str, Fit],
    customers: Customers,
    pin: ModelPin | None,
    event: str,
    settings: Settings,
) -> None:
    """Write the fit into the audit, with the migration matrix of each merchant."""
    detail = {
        "night": customers.night.isoformat(),
        "in_force": pin.version if pin else None,
        "merchants": {
            merchant or "all": {
                "segments": fit.count,
                "agreement": fit.agreement,
                "is_accepted": fit.is_accepted,
                "moved": moved_share(fit.migration),
                "migration": fit.migration.tolist(),
            }
            for merchant, fit in fits.items()
        },
    }
    with database.connect(settings.warehouse, "score") as connection:
        _insert(connection, event, detail)
    log.info(event, **detail)


def _insert(connection: psycopg.Connection[Any], event: str, detail: Mapping[str, Any]) -> None:
    connection.execute(
        "insert into audit.events (event, subject, actor, detail) "
        "values (%s, %s, current_user, %s)",
        (event, JOB.slot.name, Jsonb(detail)),
    )


def _in_force_receipt(
    pin: ModelPin, rows: int, as_of: datetime, metrics: dict[str, float], notes: list[str]
) -> TrainReceipt:
    """Return the receipt of the model in force, which stays."""
    return TrainReceipt(
        model=pin.name,
        version=pin.version,
        alias=registry.CHAMPION,
        sha256=pin.sha256,
        as_of=as_of.isoformat(),
        rows=rows,
        events=0,
        features=len(FEATURES),
        metrics=metrics,
        notes=notes,
    )


def _promoted(
    receipt: TrainReceipt, replaces: ModelPin, order: TrainingOrder, settings: Settings
) -> TrainReceipt:
    """Move the alias to a refit that passed the gate, and record that the training did so."""
    refit = DecisionRow(
        model=receipt.model,
        version=receipt.version,
        sha256=receipt.sha256,
        action="promote",
        person=order.trainer,
        reason="the refit divides the customers like the model in force",
        source="training",
        replaces_version=replaces.version,
    )
    with (
        database.connect(settings.warehouse, "score") as connection,
        decision_rows.recorded(
            connection, refit, decision_rows.newest(connection, refit.model) + 1
        ),
    ):
        registry.set_alias(receipt.model, receipt.version, registry.CHAMPION, settings)
    return TrainReceipt(**{**receipt.as_dict(), "alias": registry.CHAMPION})  # type: ignore[arg-type]


def _metrics(fits: Mapping[str, Fit]) -> dict[str, float]:
    pooled = fits[POOLED]
    metrics = {
        "segments": float(pooled.count),
        "agreement_p10": pooled.trial.agreement,
        "smallest_share": pooled.trial.smallest_share,
        "merchants_refused": float(sum(not fit.is_accepted for fit in fits.values())),
    }
    if pooled.agreement is not None:
        metrics |= {
            "agreement_with_model_in_force": pooled.agreement,
            "moved_by_refit": moved_share(pooled.migration),
        }
    return metrics


def _tags(
    customers: Customers, feature_view: FeatureView, as_of: datetime, settings: Settings
) -> dict[str, str]:
    return {
        "feature_view": feature_view.qualified,
        "features": json.dumps(list(FEATURES)),
        "data_sha256": customers.digest,
        "label_as_of": as_of.isoformat(),
        "training_start": customers.night.isoformat(),
        "training_end": customers.night.isoformat(),
        "names": naming.VERSION,
        "sources": settings.sources,
        "code_version": code_version.pinned(settings.code_version),
    }
