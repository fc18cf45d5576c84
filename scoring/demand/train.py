"""Trains the model of demand on month ends of series, after a backtest, and registers it.

The nights and the seeds of every fit are fixed, so the same data gives the same model.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import structlog

from features.platform import code_version, database
from features.platform.errors import ConfigurationError, TooFewLabelsError
from features.platform.settings import Settings
from features.views import DEMAND, FeatureView
from scoring.demand import figures, fitting, model_card, training_set
from scoring.demand.boosting import SETTINGS
from scoring.demand.job import ANSWERS, DAYS, JOB
from scoring.demand.past import COLUMNS
from scoring.demand.training_set import TrainingSet
from scoring.models import card, registry, training
from scoring.models.training import Learnt, TrainReceipt, standing_order
from scoring.runs.training_order import TrainingOrder

log = structlog.get_logger(__name__)

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def train(
    order: TrainingOrder, settings: Settings, *, feature_view: FeatureView = DEMAND
) -> TrainReceipt:
    """Train on the data known at the order's moment, register the model, and give it an alias.

    The model becomes `champion` if there is none, otherwise `challenger`, unless another one is
    under test; promotion is another act.

    Args:
        order: the knowledge, by default of now, and the period, by default all month ends.
        settings: access to the warehouse and the registry.
        feature_view: the columns to learn from.

    Raises:
        ConfigurationError: the order names an unknown column, or drops a column of the forecast.
        TooFewLabelsError: too few days after the month ends are known.
        ModelUnavailableError: the registry does not answer.
    """
    order.check_columns(feature_view.columns)
    order = order.completed(standing_order(settings), feature_view.columns)
    if fixed := sorted(set(order.drop) & set(COLUMNS)):
        raise ConfigurationError(
            f"the forecast of demand needs {', '.join(fixed)}; leave them out of drop"
        )
    as_of = order.as_of or datetime.now(UTC)
    learnt_from = _read(order, as_of, settings, feature_view)
    model = fitting.fit(learnt_from.rows)
    page = model_card.of(model, learnt_from, feature_view, as_of, datetime.now(UTC).date())
    record = registry.ModelRecord(
        metrics=model_card.metrics(model),
        params=_params(learnt_from),
        tags=_tags(learnt_from, feature_view, as_of, settings),
        figures=figures.draw(model),
        description=card.summary(page),
        outcomes=tuple(f"{name}_{day}" for name in ANSWERS for day in range(1, DAYS + 1)),
        texts={"model_card.md": card.as_markdown(page)},
        answered_by="predict",
    )
    learnt = Learnt(
        model=model,
        features=list(COLUMNS),
        example=learnt_from.rows.past.matrix[:5],
        rows=len(learnt_from.rows),
        events=0,
        as_of=as_of,
        notes=model_card.choices(model),
    )
    return training.register(JOB, learnt, record, order, settings)


def _read(
    order: TrainingOrder, as_of: datetime, settings: Settings, feature_view: FeatureView
) -> TrainingSet:
    """Return the nights of the order's period.

    Raises:
        TooFewLabelsError: there is none.
    """
    with database.connect(settings.warehouse, "score", autocommit=False) as connection:
        learnt_from = training_set.read(
            connection,
            feature_view,
            start=order.start or BEGINNING,
            end=order.end or as_of,
            as_of=as_of,
        )
    if not len(learnt_from.rows):
        raise TooFewLabelsError(
            f"{feature_view.table} holds no series at a month end known at {as_of.isoformat()}; "
            "deliver a longer history of sales, or name a later --as-of"
        )
    log.info(
        "training_planned",
        as_of=as_of.isoformat(),
        rows=len(learnt_from.rows),
        series=learnt_from.series,
        nights=len(learnt_from.nights),
    )
    return learnt_from


def _params(learnt_from: TrainingSet) -> dict[str, object]:
    trees: dict[str, object] = {f"trees__{name}": value for name, value in SETTINGS.items()}
    return trees | {
        "rows": len(learnt_from.rows),
        "series": learnt_from.series,
        "nights": len(learnt_from.nights),
        "merchants": learnt_from.merchants,
    }


def _tags(
    learnt_from: TrainingSet, feature_view: FeatureView, as_of: datetime, settings: Settings
) -> dict[str, str]:
    first, last = (np.datetime64(int(day), "D").item() for day in learnt_from.nights[[0, -1]])
    return {
        "feature_view": feature_view.qualified,
        "features": json.dumps(list(COLUMNS)),
        "data_sha256": learnt_from.digest,
        "label_as_of": as_of.isoformat(),
        "training_start": first.isoformat(),
        "training_end": last.isoformat(),
        "sources": settings.sources,
        "code_version": code_version.pinned(settings.code_version),
    }
