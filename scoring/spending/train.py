"""Trains the model of spending on month ends whose horizon has passed, and registers it.

Nothing is drawn: the starts of the optimiser and the splits are fixed, so the same data gives the
same model.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import structlog

from features.platform import code_version, database
from features.platform.errors import ConfigurationError, TooFewLabelsError
from features.platform.settings import Settings
from features.views import CUSTOMERS, FeatureView
from scoring.models import card, registry, training
from scoring.models.training import Learnt, TrainReceipt, standing_order
from scoring.runs.training_order import TrainingOrder
from scoring.spending import figures, fitting, model_card, training_set
from scoring.spending.fitting import Tested
from scoring.spending.job import JOB
from scoring.spending.model import ANSWERS, FEWEST_ROWS, PurchasingPowerModel
from scoring.spending.past import COLUMNS
from scoring.spending.rows import TrainingSet

log = structlog.get_logger(__name__)

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def train(
    order: TrainingOrder, settings: Settings, *, feature_view: FeatureView = CUSTOMERS
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
        TooFewLabelsError: too few customers have a month end with 30 known days after it.
        ModelUnavailableError: the registry does not answer.
    """
    order.check_columns(feature_view.columns)
    order = order.completed(standing_order(settings), feature_view.columns)
    if fixed := sorted(set(order.drop) & set(COLUMNS)):
        raise ConfigurationError(
            f"the forecast of spending needs {', '.join(fixed)}; leave them out of drop"
        )
    as_of = order.as_of or datetime.now(UTC)
    rows = _read(order, as_of, settings, feature_view)
    tested, model = fitting.test(rows), fitting.fit(rows)
    trained_on = datetime.now(UTC).date()
    page = model_card.of(model, rows, tested, feature_view.qualified, as_of, trained_on)
    record = registry.ModelRecord(
        metrics=_metrics(tested),
        params=_params(model, rows),
        tags=_tags(rows, feature_view, as_of, settings),
        figures=figures.draw(tested),
        description=card.summary(page),
        outcomes=ANSWERS,
        texts={"model_card.md": card.as_markdown(page)},
        answered_by="predict",
    )
    learnt = Learnt(
        model=model,
        features=list(COLUMNS),
        example=rows.select(COLUMNS).matrix[:5],
        rows=len(rows),
        events=0,
        as_of=as_of,
        notes=model_card.choices(model),
    )
    return training.register(JOB, learnt, record, order, settings)


def _read(
    order: TrainingOrder, as_of: datetime, settings: Settings, feature_view: FeatureView
) -> TrainingSet:
    """Return the month ends of the order's period.

    Raises:
        TooFewLabelsError: there are too few.
    """
    with database.connect(settings.warehouse, "score", autocommit=False) as connection:
        rows = training_set.read(
            connection,
            feature_view,
            start=order.start or BEGINNING,
            end=order.end or as_of,
            as_of=as_of,
        )
    if len(rows) < FEWEST_ROWS:
        raise TooFewLabelsError(
            f"{feature_view.table} holds {len(rows)} customers at month ends with 30 known days "
            f"after them, and the forecast needs {FEWEST_ROWS}; deliver a history of at least 91 "
            "days of card transactions, or name a later --as-of"
        )
    log.info("training_planned", as_of=as_of.isoformat(), rows=len(rows), nights=len(rows.nights))
    return rows


def _metrics(tested: Sequence[Tested]) -> dict[str, float]:
    metrics: dict[str, float] = {}
    for part in tested:
        measures = part.measures
        named = {
            "mae": measures.mae,
            "mae_same_as_last": measures.mae_last,
            "mae_own_mean": measures.mae_mean,
            "mae_ratio_to_same_as_last": measures.ratio_last.value,
            "mae_ratio_to_own_mean": measures.ratio_mean.value,
            "coverage_80": measures.coverage.value,
            "interval_width": measures.width,
            "bias": measures.bias,
        }
        metrics |= {f"{name}_{part.horizon}d": value for name, value in named.items()}
    return metrics


def _params(model: PurchasingPowerModel, rows: TrainingSet) -> dict[str, object]:
    settings = {
        name: value for name, value in model.get_params(deep=False).items() if name != "features"
    }
    return settings | {
        "rows": len(rows),
        "nights": len(rows.nights),
        "quarter_is_stretched": model.is_quarter_stretched_,
    }


def _tags(
    rows: TrainingSet, feature_view: FeatureView, as_of: datetime, settings: Settings
) -> dict[str, str]:
    first, last = (np.datetime64(int(day), "D").item() for day in rows.nights[[0, -1]])
    return {
        "feature_view": feature_view.qualified,
        "features": json.dumps(list(COLUMNS)),
        "data_sha256": rows.digest,
        "label_as_of": as_of.isoformat(),
        "training_start": first.isoformat(),
        "training_end": last.isoformat(),
        "sources": settings.sources,
        "code_version": code_version.pinned(settings.code_version),
    }
