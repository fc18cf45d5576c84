"""Compare a fraud model with the simplest one, and measure it without columns and over time. Pure.

The simplest model beside boosting is a logistic regression on few columns. Beside the regression it
is the amount alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features.platform.arrays import Floats
from scoring.fraud import fitting
from scoring.fraud.anomaly import FraudEstimator
from scoring.fraud.fitting import Size, Slices
from scoring.fraud.rows import TrainingSet
from scoring.fraud.small_model import SmallFraudModel
from scoring.models import robustness, sensitivity
from scoring.models.robustness import Robustness, TestedRows

#: Rows that the regression learns from, all frauds among them if they are few.
MOST_LEARNT = 10_000
#: Days of test rows from which months are shown; weeks before.
DAYS_OF_MONTHS = 62


def measure(model: FraudEstimator, slices: Slices, probability: Floats) -> Robustness:
    """Return how far a tested model can be relied on.

    Args:
        model: the tested model.
        slices: the rows that it was fitted and tested on.
        probability: [n] of the test rows, by the model.
    """
    names, test = list(model.features or ()), slices.test
    rows = TestedRows(
        test.select(names).matrix,
        names,
        test.is_fraud,
        test.customer,
        _periods(test),
        probability,
    )
    learnt = slices.learn.select(names).matrix
    step = max(1, len(learnt) // sensitivity.MOST_ROWS)
    scores = model.predict_proba(learnt[::step])[:, 1]
    return robustness.measure(model, rows, scores, *_simplest(model, slices))


def period_of(test: TrainingSet) -> str:
    """Return the heading of the periods of the stability."""
    return "month" if _has_months(test) else "week from"


def _has_months(test: TrainingSet) -> bool:
    return int(test.day[-1] - test.day[0]) >= DAYS_OF_MONTHS


def _periods(test: TrainingSet) -> NDArray[np.datetime64]:
    days = test.day.astype("datetime64[D]")
    return days.astype("datetime64[M]") if _has_months(test) else days.astype("datetime64[W]")


def _simplest(model: FraudEstimator, slices: Slices) -> tuple[str, Floats]:
    """Return the name and the scores of the simplest model on the test rows."""
    if slices.size is Size.BOOSTING and (fitted := _regression(model, slices)):
        columns = list(fitted.features or ())
        scores = fitted.predict_proba(slices.test.select(columns).matrix)[:, 1]
        return f"a logistic regression on {len(columns)} columns", scores
    amount = slices.test.select(["amount"]).matrix[:, 0]
    return "the amount alone", np.nan_to_num(amount, nan=0.0)


def _regression(model: FraudEstimator, slices: Slices) -> SmallFraudModel | None:
    """Return a regression on columns of the model, or None if it ranks no better than chance."""
    chosen = sensitivity.sample(slices.learn.is_fraud, MOST_LEARNT).place
    rows = slices.learn.select(list(model.features or ())).take(chosen)
    columns = fitting.evidence(rows, int(rows.is_fraud.sum()))
    try:
        return SmallFraudModel(columns, blocks=2, random_state=model.random_state).fit(
            rows.select(columns).matrix, rows.is_fraud
        )
    except ValueError:
        return None
