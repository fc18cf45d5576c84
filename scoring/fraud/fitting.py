"""Cuts labelled rows in time, fits the shipped model on them and measures it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from features.platform.errors import ContractError, TooFewLabelsError
from features.views import FeatureView
from scoring.fraud import card_precision
from scoring.fraud.anomaly import FraudEstimator, FraudScores
from scoring.fraud.model import FraudModel
from scoring.fraud.rows import TrainingSet
from scoring.fraud.small_model import SmallFraudModel
from scoring.models import evaluation
from scoring.models.evaluation import Interval, Ranking

LEARN_SHARE, CALIBRATE_SHARE = 0.6, 0.2  # the rest, the newest rows, is for testing
# a busy merchant or a late hour is not a habit of the customer, and would hide unusual habits
EVERYDAY = frozenset({"merchant activity", "time of day"})
# Ten events for each of the sigmoid's two parameters (Peduzzi et al. 1996), in each slice.
FEWEST_FRAUDS = 20
# Trees need hundreds of events (van der Ploeg, Austin, Steyerberg 2014). Measured on the handbook:
# with fewer frauds than this boosting is worse calibrated than the regression, or cannot be fitted.
BOOSTING_FRAUDS = 200
# The smallest sample: four columns with four events each (Vittinghoff, McCulloch 2007), and enough
# frauds for an interval of the test.
FEWEST_LEARNT, FEWEST_TESTED = 16, 4
SMALLEST_FRAUDS = FEWEST_LEARNT + FEWEST_TESTED
FRAUDS_PER_COLUMN, FEWEST_COLUMNS = 5, 4
# The columns of the regression, one for each kind of evidence and the most general first. They are
# chosen by their meaning: a choice by few labels would learn their accidents.
EVIDENCE = (
    *("amount", "customer_amount_ratio_30d", "customer_transaction_count_24h"),
    *("merchant_fraud_rate_30d", "customer_seconds_since_previous", "is_new_merchant"),
    *("customer_spike_share_7d", "is_night", "customer_km_since_previous", "is_new_device"),
    *("is_new_location", "merchant_transaction_count_7d", "customer_merchant_distinct_24h"),
    *("customer_amount_avg_7d_ratio_30d_to_14d", "customer_channel_frequency_30d"),
    *("customer_category_frequency_30d", "device_fraud_rate_30d", "card_bin_fraud_rate_30d"),
    *("merchant_risk_score", "card_risk_score", "customer_risk_score", "is_weekend"),
)


class Size(StrEnum):
    """The kind of model that a number of frauds allows."""

    BOOSTING = "boosting"
    SMALL = "small"


REASONS = {
    Size.BOOSTING: (
        f"Boosting with a sigmoid of its own slice of time, because at least {BOOSTING_FRAUDS} "
        f"frauds teach it and each slice holds {FEWEST_FRAUDS}"
    ),
    Size.SMALL: (
        "Penalised logistic regression on a few columns, calibrated by cross-fitting in time, "
        f"because there are fewer than {BOOSTING_FRAUDS} frauds to learn from or fewer than "
        f"{FEWEST_FRAUDS} in a slice: boosting would learn their accidents"
    ),
}


@dataclass(frozen=True, slots=True)
class Slices:
    """A set of rows, cut in time; the small model needs no slice to calibrate on."""

    size: Size
    learn: TrainingSet
    calibrate: TrainingSet
    test: TrainingSet

    @property
    def frauds(self) -> tuple[int, int, int]:
        """The number of frauds in each slice."""
        learn, calibrate, test = (
            int(part.is_fraud.sum()) for part in (self.learn, self.calibrate, self.test)
        )
        return learn, calibrate, test

    def lines(self) -> list[str]:
        """Return the slices and the kind of model as lines of text."""
        parts = (("learns", self.learn), ("calibrates", self.calibrate), ("tests", self.test))
        return [
            *(
                f"  {verb:10} on {len(rows):9,} rows, {int(rows.is_fraud.sum()):7,} frauds, "
                f"{_date(rows, 0)} to {_date(rows, -1)}"
                for verb, rows in parts
                if len(rows)
            ),
            f"  model: {REASONS[self.size]}",
        ]


def cut(rows: TrainingSet) -> Slices:
    """Cut rows, which are in order of time, into slices for the largest model that they allow.

    The slices are shares of the rows. Where frauds come in waves, they are shares of the frauds.

    Raises:
        TooFewLabelsError: there are too few frauds for the smallest model.
    """
    learn, calibrated = LEARN_SHARE, LEARN_SHARE + CALIBRATE_SHARE
    for place in (_place_by_rows, _place_by_frauds):
        slices = _slices(Size.BOOSTING, rows, place(rows, learn), place(rows, calibrated))
        teaching = sum(slices.frauds[:2])
        if min(slices.frauds) >= FEWEST_FRAUDS and teaching >= BOOSTING_FRAUDS:
            return slices
    for place in (_place_by_rows, _place_by_frauds):
        end = place(rows, calibrated)
        slices = _slices(Size.SMALL, rows, end, end)
        if slices.frauds[0] >= FEWEST_LEARNT and slices.frauds[2] >= FEWEST_TESTED:
            return slices
    raise TooFewLabelsError(
        f"{len(rows):,} rows with matured labels hold {int(rows.is_fraud.sum())} frauds; the "
        f"smallest sample has {FEWEST_LEARNT} frauds to learn and calibrate on and "
        f"{FEWEST_TESTED} later ones to test on"
    )


def _slices(size: Size, rows: TrainingSet, first: int, second: int) -> Slices:
    return Slices(
        size,
        rows.take(slice(0, first)),
        rows.take(slice(first, second)),
        rows.take(slice(second, None)),
    )


def _place_by_rows(rows: TrainingSet, share: float) -> int:
    return round(len(rows) * share)


def _place_by_frauds(rows: TrainingSet, share: float) -> int:
    """Return the row half way between the frauds on both sides of their share."""
    frauds = np.flatnonzero(rows.is_fraud)
    number = round(len(frauds) * share)
    if not 0 < number < len(frauds):
        return len(rows)
    return int(frauds[number - 1] + frauds[number] + 1) // 2


def evidence(rows: TrainingSet, frauds: int) -> list[str]:
    """Return the columns of the small model's supervised part: known in half of the rows or more.

    Args:
        rows: the training rows, with the columns to choose from.
        frauds: their number bounds that of the columns.
    """
    known = 1.0 - np.isnan(rows.matrix).mean(axis=0)
    usable = {
        name for name, share in zip(rows.features, known.tolist(), strict=True) if share >= 0.5
    }
    chosen = [name for name in EVIDENCE if name in usable] or list(rows.features)
    return chosen[: max(FEWEST_COLUMNS, frauds // FRAUDS_PER_COLUMN)]


def fit(
    slices: Slices,
    names: Sequence[str],
    feature_view: FeatureView,
    random_state: int = 0,
    of_earlier: FraudEstimator | None = None,
) -> FraudEstimator:
    """Fit the model of the slices' size on all but the newest slice.

    Args:
        slices: the rows.
        names: the columns to learn from.
        feature_view: of the columns.
        random_state: seed of every draw.
        of_earlier: a model of the slice `learn` alone, with the same columns and seed, whose trees
            need not be fitted again.

    Raises:
        ContractError: the model does not rank the rows.
    """
    learn, calibrate = slices.learn.select(names), slices.calibrate.select(names)
    rows = _joined(learn, calibrate)
    frauds = int(rows.is_fraud.sum())
    anomaly = anomaly_features(names, feature_view)
    try:
        if slices.size is Size.SMALL:
            small = SmallFraudModel(
                list(names), anomaly, evidence(rows, frauds), random_state=random_state
            )
            return small.fit(rows.matrix, rows.is_fraud)
        return FraudModel(list(names), anomaly, random_state=random_state).fit(
            rows.matrix,
            rows.is_fraud,
            calibration=(calibrate.matrix, calibrate.is_fraud),
            earlier=len(learn),
            of_earlier=of_earlier if isinstance(of_earlier, FraudModel) else None,
        )
    except ValueError as error:
        raise ContractError(
            f"no fraud model could be fitted on {len(rows)} rows with {frauds} frauds: {error}"
        ) from error


def refit(
    slices: Slices, names: Sequence[str], feature_view: FeatureView, tested: FraudEstimator
) -> FraudEstimator:
    """Fit the same kind of model once more, on every slice.

    The model moves on by one slice of time: the calibrator of the boosting learns from the newest
    slice, as scored by a model of all earlier rows. That is the tested one, so its trees are taken.

    Args:
        slices: the rows.
        names: the columns to learn from.
        feature_view: of the columns.
        tested: the model that `fit` returned for these slices and columns.

    Raises:
        ContractError: the model does not rank the newest rows.
    """
    earlier = _joined(slices.learn, slices.calibrate)
    moved = Slices(slices.size, earlier, slices.test, slices.test.take(slice(0, 0)))
    return fit(moved, names, feature_view, tested.random_state, of_earlier=tested)


def _joined(first: TrainingSet, second: TrainingSet) -> TrainingSet:
    return TrainingSet(
        first.features,
        np.concatenate([first.matrix, second.matrix]),
        *(
            np.concatenate([getattr(first, name), getattr(second, name)])
            for name in ("is_fraud", "customer", "occurred_us")
        ),
    )


def anomaly_features(names: Sequence[str], feature_view: FeatureView) -> list[str]:
    """Return the columns of the unsupervised part: habits, without features made of labels."""
    habits = {
        feature.name
        for feature in feature_view.label_free
        if feature.characteristic not in EVERYDAY
    }
    return [name for name in names if name in habits]


def score(model: FraudEstimator, rows: TrainingSet) -> FraudScores:
    """Score rows with the columns of the model."""
    return model.score(rows.select(list(model.features or ())).matrix)


def measure(scores: FraudScores, test: TrainingSet) -> dict[str, float]:
    """Return a model's metrics on rows outside its training, with 95 % intervals."""
    probability = scores.fraud_probability
    ranking = Ranking(test.is_fraud, probability)
    shares = card_precision.by_day(test.customer, test.day, test.is_fraud, probability)
    plain = {
        "card_precision_at_100": float(shares.mean()),
        "card_precision_at_100_ceiling": card_precision.ceiling(
            test.customer, test.day, test.is_fraud
        ),
        "calibration_slope": evaluation.calibration_slope(test.is_fraud, probability),
        "anomaly_auc_roc": evaluation.auc_roc(test.is_fraud, scores.anomaly_score),
        "test_rows": float(len(test)),
        "test_frauds": float(test.is_fraud.sum()),
    }
    bounded = {
        "auc_roc": evaluation.interval(ranking.auc_roc, test.customer),
        "average_precision": evaluation.interval(ranking.average_precision, test.customer),
        "observed_to_expected": evaluation.observed_to_expected_interval(
            test.is_fraud, probability, test.customer
        ),
    }
    metrics = plain | {
        key: value
        for name, interval in bounded.items()
        for key, value in _with_bounds(name, interval).items()
    }
    return {name: round(value, 6) for name, value in metrics.items()}


def _with_bounds(name: str, interval: Interval) -> dict[str, float]:
    return {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}


def _date(rows: TrainingSet, place: int) -> np.datetime64:
    return np.datetime64(int(rows.day[place]), "D")
