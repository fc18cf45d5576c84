"""Trains the fraud model on matured labels, tests it on the newest of them, and registers it.

Rows are split in time: the model learns from the oldest, the calibrator from later ones, and the
newest are for testing. Every draw has a seed, so the same data gives the same model.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import structlog

from features.platform import code_version, database
from features.platform.settings import Settings
from features.sources.source_set import source_set
from features.views import TRANSACTIONS, FeatureView
from scoring.fraud import figures, fitting, training_set
from scoring.fraud.fitting import Slices
from scoring.fraud.job import JOB
from scoring.fraud.model import FraudModel
from scoring.fraud.rows import TrainingSet
from scoring.models import registry, training
from scoring.models.training import Learnt, TrainReceipt

log = structlog.get_logger(__name__)

TRAINING_WINDOW = timedelta(days=60)


def train(
    as_of: datetime,
    settings: Settings,
    *,
    feature_view: FeatureView = TRANSACTIONS,
    window: timedelta = TRAINING_WINDOW,
) -> TrainReceipt:
    """Train on the data known at `as_of`, register the model, and give it an alias.

    The model becomes `champion` if there is none, otherwise `challenger`; promotion is manual.

    Args:
        as_of: labels and rows known later are ignored.
        settings: access to the warehouse and the registry.
        feature_view: the columns to learn from.
        window: the length of matured history to learn from.

    Raises:
        TooFewLabelsError: too few matured frauds to train, calibrate and test on.
        ModelUnavailableError: the registry does not answer.
    """
    maturity = timedelta(days=source_set(settings).maturity_days)
    end = as_of - maturity
    with database.connect(settings.warehouse, "score", autocommit=False) as connection:
        rows = training_set.read(connection, feature_view, start=end - window, end=end, as_of=as_of)
    log.info("training_set_read", rows=len(rows), frauds=int(rows.is_fraud.sum()))
    slices = fitting.cut(rows)
    model = fitting.fit(slices, feature_view)
    scores = fitting.score(model, slices.test)
    metrics = fitting.measure(scores, slices.test)
    tags = _tags(rows, model, feature_view, as_of, settings)
    record = registry.ModelRecord(
        metrics=metrics,
        params=_params(model, slices),
        tags=tags,
        figures=figures.draw(slices.test, scores.fraud_probability),
        description=_description(metrics, tags),
        outcomes=("genuine", "fraud"),
    )
    names = list(model.features or ())
    learnt = Learnt(
        model=model,
        features=names,
        example=slices.test.select(names).matrix[:5],
        rows=len(rows),
        events=int(rows.is_fraud.sum()),
        as_of=as_of,
    )
    return training.register(JOB.model, learnt, record, settings)


def _params(model: FraudModel, slices: Slices) -> dict[str, object]:
    settings = {
        name: value
        for name, value in model.get_params(deep=False).items()
        if name not in ("features", "anomaly_features")
    }
    return settings | {
        "rows_learn": len(slices.learn),
        "rows_calibrate": len(slices.calibrate),
        "rows_test": len(slices.test),
        "columns": len(model.features or ()),
        "anomaly_columns": len(model.anomaly_features or ()),
    }


def _tags(
    rows: TrainingSet,
    model: FraudModel,
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


def _description(metrics: dict[str, float], tags: dict[str, str]) -> str:
    return (
        f"Fraud of card transactions, on {tags['feature_view']}, with rows from "
        f"{tags['training_start'][:10]} to {tags['training_end'][:10]} and the labels known at "
        f"{tags['label_as_of'][:16]}.\n\n"
        f"On the newest {metrics['test_rows']:.0f} rows ({metrics['test_frauds']:.0f} frauds): "
        f"AUC {metrics['auc_roc']:.3f} ({metrics['auc_roc_low']:.3f}–{metrics['auc_roc_high']:.3f})"
        f", average precision {metrics['average_precision']:.3f}, calibration slope "
        f"{metrics['calibration_slope']:.2f}."
    )
