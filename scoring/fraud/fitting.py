"""Cuts labelled rows in time, fits the shipped model on them and measures it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.platform.errors import ContractError, TooFewLabelsError
from features.views import FeatureView
from scoring.fraud import card_precision
from scoring.fraud.model import FraudModel, FraudScores
from scoring.fraud.rows import TrainingSet
from scoring.models import evaluation
from scoring.models.evaluation import Interval, Ranking

LEARN_SHARE, CALIBRATE_SHARE = 0.6, 0.2  # the rest, the newest rows, is for testing
# a busy merchant or a late hour is not a habit of the customer, and would hide unusual habits
EVERYDAY = frozenset({"merchant activity", "time of day"})
FEWEST_FRAUDS = 20  # the least number in each slice for a meaningful fit and measure


@dataclass(frozen=True, slots=True)
class Slices:
    """A set of rows, cut in time."""

    learn: TrainingSet
    calibrate: TrainingSet
    test: TrainingSet

    def lines(self) -> list[str]:
        """Return the slices as lines of text: rows, frauds and days."""
        parts = (("learns", self.learn), ("calibrates", self.calibrate), ("tests", self.test))
        return [
            f"  {verb:10} on {len(rows):9,} rows, {int(rows.is_fraud.sum()):7,} frauds, "
            f"{_date(rows, 0)} to {_date(rows, -1)}"
            for verb, rows in parts
            if len(rows)
        ]


def cut(rows: TrainingSet) -> Slices:
    """Cut rows, which are in order of time, into the three slices.

    Raises:
        TooFewLabelsError: a slice holds too few frauds.
    """
    first = round(len(rows) * LEARN_SHARE)
    second = round(len(rows) * (LEARN_SHARE + CALIBRATE_SHARE))
    slices = Slices(
        rows.take(slice(0, first)), rows.take(slice(first, second)), rows.take(slice(second, None))
    )
    counts = [int(part.is_fraud.sum()) for part in (slices.learn, slices.calibrate, slices.test)]
    if min(counts) < FEWEST_FRAUDS:
        raise TooFewLabelsError(
            f"{len(rows)} rows with matured labels hold {counts} frauds to learn, calibrate and "
            f"test on; each needs {FEWEST_FRAUDS}"
        )
    return slices


def fit(slices: Slices, feature_view: FeatureView, random_state: int = 0) -> FraudModel:
    """Fit the shipped model on the columns that vary in the first slice.

    Raises:
        ContractError: the model does not rank the rows.
    """
    names = slices.learn.varying()
    anomaly = anomaly_features(names, feature_view)
    learn, calibrate = slices.learn.select(names), slices.calibrate.select(names)
    model = FraudModel(list(names), anomaly, random_state=random_state)
    is_fraud = np.concatenate([learn.is_fraud, calibrate.is_fraud])
    try:
        return model.fit(
            np.concatenate([learn.matrix, calibrate.matrix]),
            is_fraud,
            calibration=(calibrate.matrix, calibrate.is_fraud),
            earlier=len(learn),
        )
    except ValueError as error:
        raise ContractError(
            f"no fraud model could be fitted on {len(is_fraud)} rows with {is_fraud.sum()} "
            f"frauds: {error}"
        ) from error


def anomaly_features(names: Sequence[str], feature_view: FeatureView) -> list[str]:
    """Return the columns of the unsupervised part: habits, without features made of labels."""
    habits = {
        feature.name
        for feature in feature_view.label_free
        if feature.characteristic not in EVERYDAY
    }
    return [name for name in names if name in habits]


def score(model: FraudModel, rows: TrainingSet) -> FraudScores:
    """Score rows with the columns of the model."""
    return model.score(rows.select(list(model.features or ())).matrix)


def measure(scores: FraudScores, test: TrainingSet) -> dict[str, float]:
    """Return a model's metrics on rows outside its training, with 95 % intervals."""
    probability = scores.fraud_probability
    ranking = Ranking(test.is_fraud, probability)
    shares = card_precision.by_day(test.customer, test.day, test.is_fraud, probability)
    metrics = {
        **_with_bounds("auc_roc", evaluation.interval(ranking.auc_roc, test.customer)),
        **_with_bounds(
            "average_precision", evaluation.interval(ranking.average_precision, test.customer)
        ),
        "card_precision_at_100": float(shares.mean()),
        "card_precision_at_100_ceiling": card_precision.ceiling(
            test.customer, test.day, test.is_fraud
        ),
        "calibration_slope": evaluation.calibration_slope(test.is_fraud, probability),
        "observed_to_expected": evaluation.observed_to_expected(test.is_fraud, probability),
        "anomaly_auc_roc": evaluation.auc_roc(test.is_fraud, scores.anomaly_score),
        "test_rows": float(len(test)),
        "test_frauds": float(test.is_fraud.sum()),
    }
    return {name: round(value, 6) for name, value in metrics.items()}


def _with_bounds(name: str, interval: Interval) -> dict[str, float]:
    return {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}


def _date(rows: TrainingSet, place: int) -> np.datetime64:
    return np.datetime64(int(rows.day[place]), "D")
