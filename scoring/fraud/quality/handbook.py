"""Cuts rows by the Fraud Detection Handbook's protocol into training, calibration and test. Pure.

Each fold trains on one week, waits a week for its labels, and tests on the week after. Cards known
as compromised leave the test week: cards of the training week at once, cards of the waiting week at
the arrival of their labels. (Le Borgne, Siblini, Lebichot, Bontempi 2022, chapter 3 and 5.)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from scoring.fraud.rows import TrainingSet

Rows = NDArray[np.intp]

EPOCH = date(1970, 1, 1)
WEEK = 7
# the calibrator learns from the last days of the training week, predicted from the days before
EARLIER_DAYS = 5

TEST_FOLDS = (date(2018, 7, 4), date(2018, 7, 11), date(2018, 7, 18), date(2018, 7, 25))
# settings are chosen on these folds, whose test weeks end before the first test fold begins
VALIDATION_FOLDS = (date(2018, 6, 13), date(2018, 6, 20), date(2018, 6, 27))


@dataclass(frozen=True, slots=True)
class Fold:
    """Row positions of one fold."""

    name: str
    train: Rows  # the whole week, as the book counts it
    earlier: int  # the number of these before the calibration days
    calibrate: Rows
    test: Rows


@dataclass(frozen=True, slots=True)
class Published:
    """Figures of the book, for comparison."""

    model: str
    auc_roc: float
    average_precision: float
    card_precision_at_100: float


PUBLISHED_LAST_FOLD = (
    Published("logistic regression", 0.871, 0.606, 0.291),
    Published("random forest", 0.867, 0.658, 0.287),
    Published("XGBoost", 0.862, 0.639, 0.273),
)
PUBLISHED_MEANS = (
    Published("XGBoost, tuned", 0.869, 0.687, 0.303),
    Published("balanced bagging, tuned", 0.879, 0.680, 0.305),
)


def fold(rows: TrainingSet, first_day: date) -> Fold:
    """Return the rows of the fold whose training week begins on a day.

    The calibration days, as the test week, keep only cards that were not yet known as compromised.
    A calibrator must learn from the population that it will score.
    """
    day, start = rows.day, (first_day - EPOCH).days
    train = np.flatnonzero((day >= start) & (day < start + WEEK))
    test_start = start + 2 * WEEK
    tested = [_without_known(rows, today, start) for today in range(test_start, test_start + WEEK)]
    calibrated = [
        _without_known(rows, today, today - 2 * WEEK)
        for today in range(start + EARLIER_DAYS, start + WEEK)
    ]
    return Fold(
        name=first_day.isoformat(),
        train=train,
        earlier=int((day[train] < start + EARLIER_DAYS).sum()),
        calibrate=np.concatenate(calibrated),
        test=np.concatenate(tested),
    )


def _without_known(rows: TrainingSet, today: int, known_from: int) -> Rows:
    """Return a day's rows without cards that had a fraud from `known_from` to eight days before."""
    day = rows.day
    is_known_fraud = rows.is_fraud & (day >= known_from) & (day <= today - WEEK - 1)
    of_today = np.flatnonzero(day == today)
    known = np.unique(rows.customer[is_known_fraud])
    return of_today[~np.isin(rows.customer[of_today], known)]
