"""Fit the model of spending, and measure it on nights that it has not seen. Pure.

The measured model knows the rows of the day of the measured night: nights by which a month had
passed, and no later spending. Data with one month end has no such rows, so there every second
customer is measured. The registered model then learns from all nights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Floats
from features.platform.errors import TooFewLabelsError
from scoring.spending import evaluation, past
from scoring.spending.evaluation import Measures
from scoring.spending.horizon import Interval
from scoring.spending.model import FEWEST_ROWS, PurchasingPowerModel
from scoring.spending.past import MONTH
from scoring.spending.rows import HORIZONS, TrainingSet

LATER_NIGHT = "on the newest night, by a model of the nights known then"
OTHER_CUSTOMERS = "on every second customer, because no earlier night was known by the newest one"


@dataclass(frozen=True, slots=True)
class Tested:
    """A forecast on the rows that measure it.

    Args:
        horizon: its days.
        rule: the choice of the rows.
        night: the measured day, counted from 1970.
        forecast: of the rows.
        spent: [n], the spending that followed.
        measures: of the forecast.
    """

    horizon: int
    rule: str
    night: int
    forecast: Interval
    spent: Floats
    measures: Measures


def fit(rows: TrainingSet) -> PurchasingPowerModel:
    """Return the model of all rows.

    Raises:
        TooFewLabelsError: too few rows.
    """
    month, quarter = (rows.spent_within(horizon) for horizon in HORIZONS)
    model = PurchasingPowerModel(list(past.COLUMNS))
    return model.fit(rows.select(past.COLUMNS).matrix, month, quarter, rows.day)


def test(rows: TrainingSet) -> list[Tested]:
    """Return the measured horizons; a horizon that no row has behind it is left out."""
    found = (_tested(rows, horizon) for horizon in HORIZONS if len(rows.known(horizon)))
    return [tested for tested in found if tested is not None]


def _tested(rows: TrainingSet, horizon: int) -> Tested | None:
    known = rows.known(horizon)
    night = int(known.day.max())
    measured, rule = known.take(known.day == night), LATER_NIGHT
    learnt = rows.as_known_on(night)
    if len(learnt) < FEWEST_ROWS:
        is_second = measured.customer % 2 == 1
        learnt = rows.take(rows.customer % 2 == 0)
        measured, rule = measured.take(is_second), OTHER_CUSTOMERS
    try:
        model = fit(learnt)
    except TooFewLabelsError:
        return None  # the fit of all rows says whether they are enough
    if len(measured) < FEWEST_ROWS:
        return None
    part = model.month_ if horizon == MONTH else model.quarter_
    forecast = part.predict(past.from_matrix(measured.matrix, measured.features))
    spent = measured.spent_within(horizon)
    plain = evaluation.baselines(
        _column(measured, "spend_30d"),
        _column(measured, "spend_90d"),
        _column(measured, "observed_days"),
        horizon,
    )
    codes = np.unique(measured.customer, return_inverse=True)[1]
    return Tested(
        horizon, rule, night, forecast, spent, evaluation.measure(forecast, plain, spent, codes)
    )


def _column(rows: TrainingSet, name: str) -> Floats:
    column: Floats = rows.matrix[:, rows.features.index(name)]
    return column
