"""Trains the value model on snapshots of customers, after a backtest, and registers it.

The start and the optimiser of every fit are fixed, so the same data gives the same model.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import structlog

from features.platform import code_version, database
from features.platform.errors import TooFewLabelsError
from features.platform.settings import Settings
from features.views import CUSTOMER_NIGHTS, FeatureView
from scoring.models import card, registry, training
from scoring.models.columns import Choice, choose
from scoring.models.training import Learnt, TrainReceipt, standing_order
from scoring.runs.training_order import TrainingOrder
from scoring.value import amounts, backtest, figures, model_card, training_set
from scoring.value.boosting import SETTINGS
from scoring.value.job import JOB
from scoring.value.model import METHODS, Answers, CustomerValueModel
from scoring.value.model_card import Content
from scoring.value.rows import HISTORY, MERCHANT, TrainingSet

log = structlog.get_logger(__name__)

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def train(
    order: TrainingOrder, settings: Settings, *, feature_view: FeatureView = CUSTOMER_NIGHTS
) -> TrainReceipt:
    """Train on the data known at the order's moment, register the model, and give it an alias.

    The model becomes `champion` if there is none, otherwise `challenger`, unless another one is
    under test; promotion is another act.

    Args:
        order: the knowledge, by default of now, and the period, by default all snapshots.
        settings: access to the warehouse and the registry.
        feature_view: the columns to learn from.

    Raises:
        ConfigurationError: the order names an unknown column.
        TooFewLabelsError: there is no snapshot, or no customer has a repeat purchase.
        ModelUnavailableError: the registry does not answer.
    """
    order.check_columns(feature_view.columns)
    order = order.completed(standing_order(settings), feature_view.columns)
    as_of = order.as_of or datetime.now(UTC)
    rows = _read(order, as_of, settings, feature_view)
    log.info("training_planned", as_of=as_of.isoformat(), rows=len(rows), slice=_period(rows))
    columns = _columns(rows, order)
    for note in card.notes(columns):
        log.info("column_choice", note=note)
    learnt_rows = rows.select(columns.used)
    tested = backtest.run(learnt_rows)
    model = CustomerValueModel(list(columns.used)).fit(learnt_rows, tested.methods)
    newest = learnt_rows.newest()
    matrix = newest.with_column(model.coded(newest.merchant)).matrix
    content = Content(
        feature_view=feature_view.qualified,
        columns=columns,
        learnt=_period(rows),
        as_of=as_of.isoformat(timespec="minutes"),
        model=model,
        backtest=tested,
        correlations={
            merchant: amounts.correlation(rows.newest().of_merchant(merchant).values)
            for merchant in model.merchants or ()
        },
        newest=matrix,
        trained_on=datetime.now(UTC).date(),
    )
    record = registry.ModelRecord(
        metrics=_metrics(content),
        params=_params(model, rows),
        tags=_tags(rows, content, as_of, settings),
        figures=figures.draw(tested),
        description=model_card.summary(content),
        outcomes=Answers.names(),
        texts={"model_card.md": model_card.as_markdown(content)},
        answered_by="predict",
    )
    learnt = Learnt(
        model=model,
        features=[*columns.used, MERCHANT],
        example=matrix[:5],
        rows=len(rows),
        events=0,
        as_of=as_of,
        notes=[*model_card.choices(content), *card.notes(columns)],
    )
    return training.register(JOB, learnt, record, order, settings)


def _read(
    order: TrainingOrder, as_of: datetime, settings: Settings, feature_view: FeatureView
) -> TrainingSet:
    """Return the snapshots of the order's period.

    Raises:
        TooFewLabelsError: there is none, or no customer has a repeat purchase.
    """
    with database.connect(settings.warehouse, "score", autocommit=False) as connection:
        rows = training_set.read(
            connection,
            feature_view,
            start=order.start or BEGINNING,
            end=order.end or as_of,
            as_of=as_of,
        )
    if not len(rows) or not len(rows.newest().values.counted()):
        raise TooFewLabelsError(
            f"{feature_view.table} holds {len(rows)} customers at month ends known at "
            f"{as_of.isoformat()}, and none of the newest has a repeat purchase; deliver a longer "
            "history of sales, or name a later --as-of"
        )
    return rows


def _columns(rows: TrainingSet, order: TrainingOrder) -> Choice:
    """Return the columns that vary, and always those of the parametric models, in order."""
    chosen = choose(rows, order)
    used = {*chosen.used, *HISTORY}
    return Choice(
        tuple(name for name in rows.features if name in used),
        {name: why for name, why in chosen.unused.items() if name not in used},
        chosen.kept,
    )


def _period(rows: TrainingSet) -> str:
    first, last = (np.datetime64(int(day), "D") for day in rows.day[[0, -1]])
    return (
        f"{len(rows)} customers of {len(rows.merchants)} merchants at {len(np.unique(rows.day))} "
        f"month ends from {first} to {last}"
    )


def _metrics(content: Content) -> dict[str, float]:
    by_measure = model_card.metrics_of(content.backtest.results)
    metrics = {
        f"{method}_{title.replace(', ', '_').replace(' ', '_')}": value
        for title, by_method in by_measure.items()
        for method, value in by_method.items()
    }
    correlations = [abs(found.value) for found in content.correlations.values() if found]
    counts = {
        "correlation_highest": max(correlations, default=0.0),
        "merchants": float(len(content.backtest.verdicts)),
        "merchants_by_boosting": float(
            sum(verdict.method == METHODS[1] for verdict in content.backtest.verdicts.values())
        ),
    }
    return {name: round(value, 6) for name, value in (metrics | counts).items()}


def _params(model: CustomerValueModel, rows: TrainingSet) -> dict[str, object]:
    return {f"trees__{name}": value for name, value in SETTINGS.items()} | {
        "rows": len(rows),
        "columns": len(model.features or ()),
        "merchants_with_own_parameters": len(model.merchants or ()),
    }


def _tags(
    rows: TrainingSet, content: Content, as_of: datetime, settings: Settings
) -> dict[str, str]:
    first, last = (np.datetime64(int(day), "D").item() for day in rows.day[[0, -1]])
    return {
        "feature_view": content.feature_view,
        "features": json.dumps(list(content.columns.used)),
        "data_sha256": rows.digest,
        "label_as_of": as_of.isoformat(),
        "training_start": first.isoformat(),
        "training_end": last.isoformat(),
        "sources": settings.sources,
        "code_version": code_version.pinned(settings.code_version),
    }
