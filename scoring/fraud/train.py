"""Trains the fraud model on matured labels, tests it on the newest of them, and registers it.

Rows are split in time: the model learns from the oldest, the calibrator from later ones, and the
newest are for testing. The registered model is the same kind of model, fitted on all of them.
Every draw has a seed, so the same data gives the same model.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
import structlog

from features.platform import code_version, database
from features.platform.errors import ContractError, TooFewLabelsError
from features.platform.settings import Settings
from features.sources.source_set import source_set
from features.views import TRANSACTIONS, FeatureView
from scoring.fraud import (
    figures,
    fitting,
    labels_at_hand,
    model_card,
    period,
    robustness,
    training_set,
)
from scoring.fraud.anomaly import FraudEstimator
from scoring.fraud.fitting import Slices
from scoring.fraud.job import JOB
from scoring.fraud.period import LabelsAtHand, Period
from scoring.fraud.rows import TrainingSet
from scoring.models import card, registry, review, training
from scoring.models.columns import choose
from scoring.models.training import Learnt, TrainReceipt, standing_order
from scoring.runs.training_order import TrainingOrder

log = structlog.get_logger(__name__)


def train(
    order: TrainingOrder, settings: Settings, *, feature_view: FeatureView = TRANSACTIONS
) -> TrainReceipt:
    """Train on the data known at the order's moment, register the model, and give it an alias.

    The model becomes `champion` if there is none, otherwise `challenger`, unless another one is
    under test; promotion is another act.

    Args:
        order: the knowledge and the period; an empty field follows from the labels at hand.
        settings: access to the warehouse and the registry.
        feature_view: the columns to learn from.

    Raises:
        ConfigurationError: the order names a period that has not matured, or an unknown column.
        TooFewLabelsError: too few matured frauds to train, calibrate and test on; shows them by
            week.
        ModelUnavailableError: the registry does not answer.
    """
    order.check_columns(feature_view.columns)
    order = order.completed(standing_order(settings), feature_view.columns)
    with database.connect(settings.warehouse, "score", autocommit=False) as connection:
        labels = _at_hand(connection, order, settings, feature_view)
        chosen = period.choose(labels, order)
        rows = training_set.read(
            connection, feature_view, start=chosen.start, end=chosen.end, as_of=labels.as_of
        )
    slices = _cut(rows, labels, chosen)
    columns = choose(rows.take(slice(0, len(rows) - len(slices.test))), order)
    for note in card.notes(columns):
        log.info("column_choice", note=note)
    tested = fitting.fit(slices, columns.used, feature_view)
    scores = fitting.score(tested, slices.test)
    answers = robustness.measure(tested, slices, scores.fraud_probability)
    metrics = fitting.measure(scores, slices.test) | answers.metrics
    model, refit_note = _refitted(slices, columns.used, feature_view, tested)
    part = review.of_events(
        JOB.slot.name,
        datetime.now(UTC).date(),
        answers,
        "frauds",
        robustness.period_of(slices.test),
    )
    page = model_card.of(
        model, slices, columns, chosen, metrics, refit_note, feature_view, labels, part
    )
    record = registry.ModelRecord(
        metrics=metrics,
        params=_params(model, slices),
        tags=_tags(rows, model, feature_view, labels.as_of, settings) | {"size": str(slices.size)},
        figures=figures.draw(slices.test, scores.fraud_probability),
        description=card.summary(page),
        texts={"model_card.md": card.as_markdown(page)},
        outcomes=("genuine", "fraud"),
    )
    names = list(model.features or ())
    learnt = Learnt(
        model=model,
        features=names,
        example=slices.test.select(names).matrix[:5],
        rows=len(rows),
        events=int(rows.is_fraud.sum()),
        as_of=labels.as_of,
        notes=[*page.choices, *card.notes(columns)],
    )
    return training.register(JOB, learnt, record, order, settings)


def _refitted(
    slices: Slices, names: Sequence[str], feature_view: FeatureView, tested: FraudEstimator
) -> tuple[FraudEstimator, str]:
    """Return the model refitted on every row, or the tested one, and the reason."""
    try:
        model = fitting.refit(slices, names, feature_view, tested)
    except ContractError as error:
        log.warning("model_not_refitted", reason=str(error))
        return tested, f"Not refitted on the newest rows, which the model has not seen: {error}"
    return model, (
        "Refitted on all rows, the newest included, after the measures were taken on the newest "
        "slice by a model that had not seen it"
    )


def _at_hand(
    connection: psycopg.Connection[Any],
    order: TrainingOrder,
    settings: Settings,
    feature_view: FeatureView,
) -> LabelsAtHand:
    """Return the labels known at the order's moment, or else at the newest knowledge."""
    maturity = timedelta(days=source_set(settings).maturity_days)
    as_of = order.as_of or labels_at_hand.newest_knowledge(
        connection, feature_view, maturity, datetime.now(UTC)
    )
    return labels_at_hand.count(connection, feature_view, maturity, as_of)


def _cut(rows: TrainingSet, labels: LabelsAtHand, chosen: Period) -> Slices:
    """Cut the rows and log what is used; a refusal shows the labels at hand.

    Raises:
        TooFewLabelsError: there are too few frauds.
    """
    table = period.lines(labels, chosen)
    try:
        slices = fitting.cut(rows)
    except TooFewLabelsError as error:
        advice = period.advice(labels, fitting.SMALLEST_FRAUDS)
        raise TooFewLabelsError("\n".join([str(error), *table, advice])) from error
    lines = [
        "training_planned",
        f"  knowledge of {labels.as_of.isoformat(timespec='minutes')}",
        f"  period {chosen.start:%Y-%m-%d} to {chosen.end:%Y-%m-%d}: {chosen.reason}",
        *table,
        *slices.lines(),
    ]
    log.info("\n".join(lines))
    return slices


def _params(model: FraudEstimator, slices: Slices) -> dict[str, object]:
    settings = {
        name: value
        for name, value in model.get_params(deep=False).items()
        if name not in ("features", "anomaly_features", "columns")
    }
    return settings | {
        "rows_learn": len(slices.learn),
        "rows_calibrate": len(slices.calibrate),
        "rows_test": len(slices.test),
        "columns": len(model.features or ()),
        "anomaly_columns": len(model.anomaly_features or ()),
        "size": str(slices.size),
    }


def _tags(
    rows: TrainingSet,
    model: FraudEstimator,
    feature_view: FeatureView,
    as_of: datetime,
    settings: Settings,
) -> dict[str, str]:
    first, last = (
        np.datetime64(int(moment), "us").item().replace(tzinfo=UTC).isoformat()
        for moment in rows.occurred_us[[0, -1]]
    )
    return {
        "feature_view": feature_view.qualified,
        "features": json.dumps(list(model.features or ())),
        "data_sha256": rows.digest,
        "label_as_of": as_of.isoformat(),
        "training_start": first,
        "training_end": last,
        "sources": settings.sources,
        "code_version": code_version.pinned(settings.code_version),
    }
