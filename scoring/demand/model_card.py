"""Describe a model of demand: its data, and what serves each class by its backtest. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scoring.demand.candidates import BASELINES
from scoring.demand.classes import CLASSES
from scoring.demand.model import DemandModel
from scoring.demand.past import COLUMNS
from scoring.demand.picking import BLEND, Line
from scoring.models import answer_changes, review
from scoring.models.card import Card
from scoring.models.columns import Choice
from scoring.models.evaluation import Interval
from scoring.models.review import Review

if TYPE_CHECKING:
    from datetime import date, datetime

    from features.views import FeatureView
    from scoring.demand.training_set import TrainingSet

MODEL = "demand"  # the registered name, by which the inventory knows it
PURPOSE = (
    "The units of a product in a channel on each of the next 28 days: a mean, and the quantiles of "
    "10, 50 and 90 %. Orders and stock plans follow from it, and no decision about a person."
)
STABILITY = """\
The backtest adds up to four nights, 28 days apart, because one night says little about a class. The
view `serving.forecast_accuracy` has the measures of each night in production."""
#: Rows whose forecast is repeated without each column.
SENSITIVITY_ROWS = 40
UNUSED = "is no part of the forecast, whose columns are fixed"
#: The measure of each column.
MEASURES = {
    "mean": "scaled error plus absolute bias",
    "median": "WAPE",
    "interval": "pinball loss over units",
}
RULE = """\
At up to four earlier nights, 28 days apart, every candidate forecasts all series with the knowledge
of the night. The mean is measured by its root mean squared scaled error plus its absolute bias, the
median by its absolute error over the units (WAPE), the interval by its pinball loss. A class with
few known days says little, so its losses are drawn to those of all classes. In each class the three
best candidates serve in equal parts, or the best one alone if it is clearly better. A candidate
that is worse than the baseline of its column is in no blend. Intervals are never blended."""


def of(
    model: DemandModel,
    learnt_from: TrainingSet,
    feature_view: FeatureView,
    as_of: datetime,
    trained_on: date,
) -> Card:
    """Return the card of a model.

    Args:
        model: as registered.
        learnt_from: the nights that it learned from.
        feature_view: with its version.
        as_of: units known later were ignored.
        trained_on: the UTC day of the training.
    """
    nights = learnt_from.nights
    unused = {name: UNUSED for name in feature_view.columns if name not in COLUMNS}
    return Card(
        title="Model of demand",
        purpose=PURPOSE,
        feature_view=feature_view.qualified,
        columns=Choice(COLUMNS, unused),
        facts=[
            f"{len(learnt_from.rows):,} nights of {learnt_from.series:,} series of "
            f"{learnt_from.merchants} merchants, at {len(nights)} month ends from "
            f"{_day(nights[0])} to {_day(nights[-1])}",
            f"Units known at {as_of.isoformat(timespec='minutes')}",
        ],
        choices=choices(model),
        measures={
            f"{MEASURES[column]} of the {column}, {label} (baseline: {BASELINES[column]})": {
                "serves": _plain(serving.loss),
                "baseline": _plain(baseline.loss),
            }
            for label in _labels(model)
            for column in MEASURES
            if (serving := chosen(model, label, column))
            and (baseline := line(model, label, column, BASELINES[column]))
        },
        review=_review(model, learnt_from, trained_on),
        sections=[
            ("Which candidate serves", f"{RULE}\n\n{_table(model)}"),
        ],
    )


def _review(model: DemandModel, learnt_from: TrainingSet, trained_on: date) -> Review:
    past = learnt_from.rows.past
    changes = answer_changes.of_missing(
        lambda matrix: model.predict(matrix)[:, : model.steps].sum(axis=1),
        past.matrix,
        COLUMNS,
        SENSITIVITY_ROWS,
        fixed=("night_day",),
    )
    return review.of(
        MODEL,
        trained_on,
        benchmark=_benchmark(model),
        sensitivity=answer_changes.as_markdown(changes, f"units of {model.steps} days"),
        stability=STABILITY,
    )


def _benchmark(model: DemandModel) -> str:
    pairs = [
        (serving.loss, baseline.loss)
        for label in _labels(model)
        for column in MEASURES
        if (serving := chosen(model, label, column))
        and (baseline := line(model, label, column, BASELINES[column]))
    ]
    if not pairs:
        return "There was no backtest, so the forecast is not compared with a baseline."
    better = sum(serving < baseline for serving, baseline in pairs)
    return (
        f"The measures above compare each class and column with its baseline. The forecast that "
        f"serves has a smaller loss in {better} of {len(pairs)}; where no candidate is better, the "
        "baseline itself serves."
    )


def choices(model: DemandModel) -> list[str]:
    """Return what serves each class, or that there was no backtest."""
    if not model.table:
        return [
            "No earlier night has 28 known days after it, so there was no backtest: the mean of 8 "
            "weeks and a year, drawn to the category, serves with its distribution"
        ]
    return [
        f"{label}: "
        + ", ".join(
            f"{column} by {serving.candidate}"
            for column in MEASURES
            if (serving := chosen(model, label, column))
        )
        for label in _labels(model)
    ]


def metrics(model: DemandModel) -> dict[str, float]:
    """Return the losses of what serves and of the baselines, by class and column."""
    found: dict[str, float] = {}
    for label in _labels(model):
        for column in MEASURES:
            name = f"{label}_{column}_loss"
            if serving := chosen(model, label, column):
                found[name] = round(serving.loss, 6)
            if baseline := line(model, label, column, BASELINES[column]):
                found[f"{name}_of_baseline"] = round(baseline.loss, 6)
    return found


def chosen(model: DemandModel, label: str, column: str) -> Line | None:
    """Return the line of what serves a column of a class: a candidate, or the blend.

    None where the class has no loss, because none of its series sold anything.
    """
    lines = [
        each
        for each in model.table
        if (each.demand_class, each.column) == (label, column) and each.is_chosen
    ]
    return next((each for each in lines if each.candidate == BLEND), lines[0] if lines else None)


def line(model: DemandModel, label: str, column: str, candidate: str) -> Line | None:
    """Return the line of a candidate; None if it has no loss."""
    for each in model.table:
        if (each.demand_class, each.column, each.candidate) == (label, column, candidate):
            return each
    return None


def _labels(model: DemandModel) -> list[str]:
    """Return the classes with a choice of their own, and `all`."""
    with_lines = {each.demand_class for each in model.table}
    return [label for label in ("all", *CLASSES) if label in with_lines]


def _table(model: DemandModel) -> str:
    if not model.table:
        return "There was no backtest."
    rows = [
        f"| {each.demand_class} | {each.column} | {each.candidate} | {each.loss:.4f} | "
        f"{'yes' if each.is_chosen else ''} |"
        for each in sorted(
            model.table,
            key=lambda each: (each.demand_class, [*MEASURES].index(each.column), each.loss),
        )
    ]
    head = ["| class | column | candidate | loss | serves |", "| --- | --- | --- | ---: | --- |"]
    return "\n".join([*head, *rows])


def _plain(value: float) -> Interval:
    return Interval(value, value, value)


def _day(day: int) -> str:
    return str(np.datetime64(int(day), "D"))
