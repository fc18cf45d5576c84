"""Describe a model of spending: its data, its method and its measures, as a model card. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import numpy as np

from scoring.models import answer_changes, review
from scoring.models.card import Card, cell
from scoring.models.columns import Choice
from scoring.models.evaluation import Interval
from scoring.models.review import Review
from scoring.spending.fitting import Tested
from scoring.spending.horizon import HorizonForecast
from scoring.spending.model import PurchasingPowerModel
from scoring.spending.past import COLUMNS, MONTH
from scoring.spending.rows import TrainingSet

MODEL = "purchasing_power"  # the registered name, by which the inventory knows it
PURPOSE = (
    "The spending of a card customer at all merchants in the next 30 and 90 days, with an interval "
    "that shall hold it in 80 of 100 cases. No decision about a person follows from it."
)
BENCHMARK = """\
The benchmarks are the spending of the last days and the own mean, on the same customers:
"""
STABILITY = """\
A training measures the newest month end alone, because earlier ones teach the measured model. The
cards of earlier versions show the months before."""
#: Rows whose forecast is repeated without each column.
SENSITIVITY_ROWS = 5_000
UNUSED = "is no part of the forecast, whose seven columns are fixed"


def of(
    model: PurchasingPowerModel,
    rows: TrainingSet,
    tested: Sequence[Tested],
    feature_view: str,
    as_of: datetime,
    trained_on: date,
) -> Card:
    """Return the card of a model.

    Args:
        model: as registered.
        rows: that it learned from.
        tested: the measured horizons.
        feature_view: with its version.
        as_of: purchases known later were ignored.
        trained_on: the UTC day of the training.
    """
    return Card(
        title="Model of purchasing power",
        purpose=PURPOSE,
        feature_view=feature_view,
        columns=columns(rows),
        facts=[
            f"{len(rows):,} customers at {len(rows.nights)} month ends from "
            f"{_day(rows.nights[0])} to {_day(rows.nights[-1])}",
            f"Purchases known at {as_of.isoformat(timespec='minutes')}",
            *(f"{part.horizon} days: measured {part.rule}, {_day(part.night)}" for part in tested),
        ],
        choices=choices(model),
        measures=_measures(tested),
        review=_review(model, rows, tested, trained_on),
        sections=[("Parameters", _parameters(model))],
    )


def columns(rows: TrainingSet) -> Choice:
    """Return the fixed columns, and the reason for the others."""
    return Choice(COLUMNS, {name: UNUSED for name in rows.features if name not in COLUMNS})


def choices(model: PurchasingPowerModel) -> list[str]:
    """Return the choices of the training, each with its reason."""
    quarter = (
        "The forecast of 90 days is that of 30 days stretched, with the errors of 30 days: no "
        "month end has 90 known days behind it"
        if model.is_quarter_stretched_
        else "The forecast of 90 days has parameters and errors of its own"
    )
    return [
        "Empirical Bayes shrinks rate and amount of customers with few purchases",
        "The point learns on all month ends but the newest, and the interval on the newest; of one "
        "month end alone, every second customer is for the interval",
        quarter,
    ]


def _review(
    model: PurchasingPowerModel, rows: TrainingSet, tested: Sequence[Tested], trained_on: date
) -> Review:
    changes = answer_changes.of_missing(
        lambda matrix: model.predict(matrix)[:, 0],
        rows.select(COLUMNS).matrix,
        COLUMNS,
        SENSITIVITY_ROWS,
    )
    return review.of(
        MODEL,
        trained_on,
        benchmark="\n".join([BENCHMARK, *map(_against_baselines, tested)]),
        sensitivity=answer_changes.as_markdown(changes, "spending of 30 days"),
        stability="\n".join([STABILITY, "", *map(_of_night, tested)]),
    )


def _against_baselines(part: Tested) -> str:
    last, mean = part.measures.ratio_last, part.measures.ratio_mean
    verdict = "better than both" if max(last.high, mean.high) < 1 else "NOT surely better than both"
    return (
        f"- {part.horizon} days: error {cell(last)} of that of the last days and {cell(mean)} of "
        f"that of the own mean, {verdict}"
    )


def _of_night(part: Tested) -> str:
    return (
        f"- {part.horizon} days from {_day(part.night)}: {part.measures.coverage.value:.0%} of "
        f"the customers within the interval, sum of points {part.measures.bias:.2f} of spending"
    )


def _measures(tested: Sequence[Tested]) -> dict[str, dict[str, Interval]]:
    """Return the measures by title, then by horizon."""
    by_horizon = {f"{part.horizon} days": part.measures for part in tested}
    titles = {
        "error over that of the last days": "ratio_last",
        "error over that of the own mean": "ratio_mean",
        "share within the interval (0.8)": "coverage",
    }
    plain = {
        "mean absolute error": "mae",
        "width of the interval over spending": "width",
        "sum of points over spending": "bias",
    }
    return {
        **{
            title: {horizon: getattr(part, name) for horizon, part in by_horizon.items()}
            for title, name in titles.items()
        },
        **{
            title: {horizon: _plain(getattr(part, name)) for horizon, part in by_horizon.items()}
            for title, name in plain.items()
        },
    }


def _plain(value: float) -> Interval:
    return Interval(value, value, value)


def _parameters(model: PurchasingPowerModel) -> str:
    return "\n".join(f"- {_of_horizon(part)}" for part in (model.month_, model.quarter_))


def _of_horizon(forecast: HorizonForecast) -> str:
    days = "the month" if forecast.days == MONTH else "the quarter"
    coefficients = ", ".join(f"{value:.3f}" for value in forecast.coef_)
    return (
        f"{days}: prior of {forecast.rate_purchases_:.2f} purchases in {forecast.rate_days_:.2f} "
        f"days at {forecast.amount_:.2f} each; coefficients {coefficients}"
    )


def _day(day: int) -> str:
    return str(np.datetime64(int(day), "D"))
