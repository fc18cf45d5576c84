"""Measures the shipped model on the folds of a protocol and compares the means with bars. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from features.platform.arrays import Floats
from scoring.fraud import card_precision
from scoring.fraud.model import FraudModel
from scoring.fraud.quality.handbook import Fold
from scoring.fraud.rows import TrainingSet
from scoring.models import evaluation
from scoring.quality.checks import Bar, Check

SEEDS = (0, 1, 2)


@dataclass(frozen=True, slots=True)
class Measures:
    """The measures of one model on one test week."""

    auc_roc: float
    average_precision: float
    card_precision_at_100: float
    calibration_slope: float
    observed_to_expected: float
    anomaly_auc_roc: float


MEASURES = tuple(Measures.__slots__)


@dataclass(frozen=True, slots=True)
class FoldResult:
    """One fold: the mean and the spread over seeds, with figures for comparison."""

    fold: str
    train_rows: int
    train_frauds: int
    test_rows: int
    test_frauds: int
    mean: Measures
    spread: Measures  # greatest less smallest over the seeds
    card_precision_ceiling: float
    amount_auc_roc: float  # of the amount alone, which the anomaly score must exceed

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for a report."""
        return asdict(self)


BARS: dict[str, Bar] = {
    "auc_roc": 0.875,
    "average_precision": 0.67,
    "card_precision_at_100": 0.28,
    "calibration_slope": (0.85, 1.20),
    "observed_to_expected": (0.85, 1.15),
    "anomaly_auc_roc": 0.60,
}


def measure_fold(
    rows: TrainingSet,
    fold: Fold,
    amount: Floats,
    label_free: Sequence[str],
    seeds: Sequence[int] = SEEDS,
) -> FoldResult:
    """Fit on a fold's training week and measure on its test week, once per seed.

    Args:
        rows: all rows, with the columns to learn from.
        fold: the row positions that train, calibrate and test.
        amount: of each row, as a ranking for comparison.
        label_free: the columns that the unsupervised part may use.
        seeds: of the model.
    """
    learn = rows.take(fold.train)
    names = learn.varying()
    learn = learn.select(names)
    later, test = (rows.take(part).select(names) for part in (fold.calibrate, fold.test))
    anomaly = [name for name in names if name in set(label_free)]
    measures = []
    for seed in seeds:
        model = FraudModel(list(names), anomaly, random_state=seed)
        model.fit(
            learn.matrix,
            learn.is_fraud,
            calibration=(later.matrix, later.is_fraud),
            earlier=fold.earlier,
        )
        measures.append(_measure(model, test))
    values = np.array([[getattr(result, name) for name in MEASURES] for result in measures])
    return FoldResult(
        fold=fold.name,
        train_rows=len(learn),
        train_frauds=int(learn.is_fraud.sum()),
        test_rows=len(test),
        test_frauds=int(test.is_fraud.sum()),
        mean=Measures(*values.mean(axis=0).tolist()),
        spread=Measures(*np.ptp(values, axis=0).tolist()),
        card_precision_ceiling=card_precision.ceiling(test.customer, test.day, test.is_fraud),
        amount_auc_roc=evaluation.auc_roc(test.is_fraud, amount[fold.test]),
    )


def mean_of(results: Sequence[FoldResult], name: str) -> float:
    """Return the mean of one measure over the folds."""
    return float(np.mean([getattr(result.mean, name) for result in results]))


def checks(results: Sequence[FoldResult], prefix: str = "fraud.handbook") -> list[Check]:
    """Return every measure: its mean over the folds against its bar, and the value of each fold."""
    means = [Check(f"{prefix}.{name}", mean_of(results, name), BARS[name]) for name in MEASURES]
    above = float(
        np.mean([result.mean.anomaly_auc_roc - result.amount_auc_roc for result in results])
    )
    folds = [
        Check(f"{prefix}.{name}.{result.fold}", getattr(result.mean, name), None)
        for name in MEASURES
        for result in results
    ]
    return [*means, Check(f"{prefix}.anomaly_above_amount", above, 0.0), *folds]


def _measure(model: FraudModel, test: TrainingSet) -> Measures:
    scores = model.score(test.matrix)
    ranking = evaluation.Ranking(test.is_fraud, scores.fraud_probability)
    cards = card_precision.by_day(test.customer, test.day, test.is_fraud, scores.fraud_probability)
    return Measures(
        auc_roc=ranking.auc_roc(),
        average_precision=ranking.average_precision(),
        card_precision_at_100=float(cards.mean()),
        calibration_slope=evaluation.calibration_slope(test.is_fraud, scores.fraud_probability),
        observed_to_expected=evaluation.observed_to_expected(
            test.is_fraud, scores.fraud_probability
        ),
        anomaly_auc_roc=evaluation.auc_roc(test.is_fraud, scores.anomaly_score),
    )
