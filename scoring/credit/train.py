"""Trains the credit model on whole vintages, tests it on the newest months, and registers it.

Every draw has a seed, so the same data gives the same model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
import structlog

from features.platform import code_version, database
from features.platform.arrays import Floats
from features.platform.errors import ConfigurationError, ContractError
from features.platform.settings import Settings
from features.sources.source_set import source_set
from features.views import APPLICATIONS, FeatureView
from scoring.credit import (
    applicant_groups,
    evaluation,
    fairness,
    fairness_page,
    figures,
    fitting,
    model_card,
    robustness,
    scorecard_export,
    training_set,
)
from scoring.credit.fitting import Slices
from scoring.credit.job import JOB
from scoring.credit.model import CreditModel
from scoring.credit.model_card import Content
from scoring.credit.rows import TrainingSet
from scoring.decision.policy import activations
from scoring.models import card, registry, review, training
from scoring.models.columns import Choice, choose
from scoring.models.robustness import Robustness
from scoring.models.training import Learnt, TrainReceipt, standing_order
from scoring.runs.training_order import TrainingOrder

log = structlog.get_logger(__name__)

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
SEGMENTS = ("term_months", "purpose_group", "home_ownership_group", "annual_income")


def train(
    order: TrainingOrder, settings: Settings, *, feature_view: FeatureView = APPLICATIONS
) -> TrainReceipt:
    """Train on the data known at the order's moment, register the model, and give it an alias.

    The model becomes `champion` if there is none, otherwise `challenger`, unless another one is
    under test; promotion is another act.

    Args:
        order: the knowledge, by default of now, and the period, by default all loans.
        settings: access to the warehouse and the registry.
        feature_view: the columns to learn from.

    Raises:
        ConfigurationError: the sources deliver no outcomes of loans, or the order names an unknown
            column.
        ContractError: no model could be fitted on the known data.
        TooFewLabelsError: too few defaults in whole vintages to train, calibrate and test on.
        ModelUnavailableError: the registry does not answer.
    """
    order.check_columns(feature_view.columns)
    order = order.completed(standing_order(settings), feature_view.columns)
    as_of = order.as_of or datetime.now(UTC)
    rows, cut_off = _read(order, as_of, settings, feature_view)
    log.info("training_set_read", rows=len(rows), defaults=int(rows.is_bad.sum()))
    slices = fitting.cut(rows)
    for line in (_period(slices.learn), _period(slices.test)):
        log.info("training_planned", as_of=as_of.isoformat(), slice=line)
    columns = choose(slices.learn, order)
    for note in card.notes(columns):
        log.info("column_choice", note=note)
    tested = fitting.fit(slices.learn, feature_view, columns.used)
    scores = fitting.score(tested, slices.test)
    probabilities = {
        tested.decides: scores.default_probability,
        tested.other: scores.second_probability,
    }
    model, refit = _refitted(rows, tested, feature_view)
    answers = robustness.measure(tested, slices, probabilities)
    content = _content(tested, slices, probabilities, columns, refit, feature_view, as_of, answers)
    names = list(model.features or ())
    levels = list(model.levels or ())
    record = registry.ModelRecord(
        metrics=_metrics(content, slices) | answers.metrics,
        params=_params(model, slices),
        tags=_tags(rows, content, as_of, settings),
        figures=figures.draw(slices.test.is_bad, probabilities, answers.months),
        description=model_card.summary(content),
        texts={
            "model_card.md": model_card.as_markdown(
                content, _fairness(slices.test, scores.default_probability, cut_off, settings)
            ),
            "scorecard.md": scorecard_export.as_markdown(model.scorecard_, names, levels),
            "scorecard.sql": scorecard_export.as_sql(model.scorecard_, names, levels),
        },
        outcomes=("repaid", "default"),
    )
    learnt = Learnt(
        model=model,
        features=names,
        example=slices.test.select(names).matrix[:5],
        rows=len(rows),
        events=int(rows.is_bad.sum()),
        as_of=as_of,
        notes=[refit, *card.notes(columns)],
    )
    return training.register(JOB, learnt, record, order, settings)


def _read(
    order: TrainingOrder, as_of: datetime, settings: Settings, feature_view: FeatureView
) -> tuple[TrainingSet, float | None]:
    """Return closed loans, and the review cut-off of the policy in force."""
    outcomes = source_set(settings).of_feed("application_labels")
    if not outcomes:
        raise ConfigurationError(f"the sources {settings.sources!r} deliver no application_labels")
    with database.connect(settings.warehouse, "score", autocommit=False) as connection:
        rows = training_set.read(
            connection,
            feature_view,
            start=order.start or BEGINNING,
            end=order.end or as_of,
            as_of=as_of,
            # a loan is closed when the slowest of several sources would know its default
            lag=max(feed.charge_off_lag for feed in outcomes),
        )
        try:
            credit = activations.in_force(connection).credit
        except ConfigurationError as error:
            log.warning("fairness_unmeasured", reason=str(error))
            return rows, None
    return rows, credit.review if credit else None


def _refitted(
    rows: TrainingSet, tested: CreditModel, feature_view: FeatureView
) -> tuple[CreditModel, str]:
    """Return the model refitted on every loan, or the tested one, and the reason."""
    try:
        model = fitting.fit(rows, feature_view, list(tested.features or ()))
    except ContractError as error:
        log.warning("model_not_refitted", reason=str(error))
        return tested, f"Not refitted on the newest loans, which the model has not seen: {error}"
    return model, (
        "Refitted on all loans, the newest included, after the measures were taken on the newest "
        "months by a model that had not seen them"
    )


def _content(  # noqa: PLR0913, PLR0917 - everything that the page says
    model: CreditModel,
    slices: Slices,
    probabilities: Mapping[str, Floats],
    columns: Choice,
    refit: str,
    feature_view: FeatureView,
    as_of: datetime,
    answers: Robustness,
) -> Content:
    decisive = probabilities[model.decides]
    return Content(
        feature_view=feature_view.qualified,
        columns=columns,
        learnt=_period(slices.learn),
        tested=_period(slices.test),
        label_as_of=as_of.isoformat(timespec="minutes"),
        decides=model.decides,
        refit=refit,
        measures={
            part: evaluation.measure(slices.test, probability)
            for part, probability in probabilities.items()
        },
        segments=evaluation.by_segment(
            slices.test, decisive, {name: feature_view.feature(name).levels for name in SEGMENTS}
        ),
        review=review.of_events(JOB.slot.name, datetime.now(UTC).date(), answers, "defaults"),
    )


def _fairness(
    test: TrainingSet, probability: Floats, cut_off: float | None, settings: Settings
) -> str:
    if cut_off is None:
        return fairness_page.as_markdown([], "no policy in force decides applications")
    groups = applicant_groups.read(test.application_id.tolist(), settings)
    figures_by_group = fairness.report(probability < cut_off, ~test.is_bad, groups)
    title = (
        f"{len(test)} tested loans, approved without a review if the probability of default "
        f"is below the policy's {cut_off:.3f}"
    )
    return fairness_page.as_markdown(figures_by_group, title)


def _period(rows: TrainingSet) -> str:
    return (
        f"{len(rows)} loans requested from {rows.month[0]} to {rows.month[-1]}, "
        f"{rows.is_bad.sum()} of them defaulted"
    )


def _metrics(content: Content, slices: Slices) -> dict[str, float]:
    best = content.measures[content.decides]
    metrics = {
        f"{part}_{name}": measure.value
        for part in content.measures
        for name, measure in content.measures[part].items()
    }
    metrics |= {name: measure.value for name, measure in best.items()}
    metrics |= {
        f"{name}_{bound}": getattr(measure, bound)
        for name, measure in best.items()
        if measure.low < measure.high
        for bound in ("low", "high")
    }
    counts = {
        "test_rows": float(len(slices.test)),
        "test_defaults": float(slices.test.is_bad.sum()),
    }
    return {name: round(value, 6) for name, value in (metrics | counts).items()}


def _params(model: CreditModel, slices: Slices) -> dict[str, object]:
    parts = {"scorecard": model.scorecard_, "boosting": model.boosting_}
    of_parts = {
        f"{part}__{name}": value
        for part, fitted in parts.items()
        for name, value in fitted.get_params(deep=False).items()
        if name not in ("directions", "levels")
    }
    return of_parts | {
        "decides": model.decides,
        "calibration_start": model.calibration_start,
        "calibration_slices": model.calibration_slices,
        "rows_learn": len(slices.learn),
        "rows_test": len(slices.test),
        "columns": len(model.features or ()),
    }


def _tags(
    rows: TrainingSet, content: Content, as_of: datetime, settings: Settings
) -> dict[str, str]:
    first, last = (
        np.datetime64(int(moment), "us").item().replace(tzinfo=UTC).isoformat()
        for moment in rows.applied_us[[0, -1]]
    )
    return {
        "feature_view": content.feature_view,
        "features": json.dumps(list(content.columns.used)),
        "data_sha256": rows.digest,
        "label_as_of": as_of.isoformat(),
        "training_start": first,
        "training_end": last,
        "decides": content.decides,
        "sources": settings.sources,
        "code_version": code_version.pinned(settings.code_version),
    }
