"""Says what a fraud model is for, what it knows and how it was chosen: its model card. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from features.views import FeatureView
from scoring.fraud import fitting
from scoring.fraud.anomaly import FraudEstimator
from scoring.fraud.fitting import Slices
from scoring.fraud.period import LabelsAtHand, Period, lines
from scoring.fraud.rows import TrainingSet
from scoring.fraud.small_model import SmallFraudModel
from scoring.models.card import Card
from scoring.models.columns import Choice
from scoring.models.evaluation import Interval
from scoring.models.review import Review

PURPOSE = (
    "The probability that a card transaction is a fraud, and how unusual it is for its customer as "
    "a percentile. The policy decides with both; the model alone declines nothing."
)
MEASURES = {
    "auc_roc": "AUC",
    "average_precision": "average precision",
    "card_precision_at_100": "card precision at 100 a day",
    "card_precision_at_100_ceiling": "its ceiling",
    "calibration_slope": "calibration slope (1)",
    "observed_to_expected": "observed over expected (1)",
    "anomaly_auc_roc": "AUC of the anomaly score",
}


def of(  # noqa: PLR0913, PLR0917 - everything that the page says
    model: FraudEstimator,
    slices: Slices,
    columns: Choice,
    period: Period,
    metrics: Mapping[str, float],
    refit: str,
    feature_view: FeatureView,
    labels: LabelsAtHand,
    review: Review,
) -> Card:
    """Return the card of a model.

    Args:
        model: as registered.
        slices: the rows that it was fitted and tested on.
        columns: used, and not used with the reasons.
        period: of the rows.
        metrics: on the newest slice, before the refit.
        refit: whether the model learnt from the newest slice afterwards, and why.
        feature_view: the columns to choose from.
        labels: the labels at hand.
        review: the part for the model-risk officer.
    """
    choices = [fitting.REASONS[slices.size] + _evidence(model), refit]
    sections = [("Labels at hand", _table(labels, period))]
    return Card(
        title="Fraud model",
        purpose=PURPOSE,
        feature_view=feature_view.qualified,
        columns=columns,
        facts=[
            f"Period {period.start:%Y-%m-%d} to {period.end:%Y-%m-%d}: {period.reason}",
            f"Labels known at {labels.as_of.isoformat(timespec='minutes')}",
            f"Learnt from {_rows(slices.learn)}",
            *([f"Calibrated on {_rows(slices.calibrate)}"] if len(slices.calibrate) else []),
            f"Tested on {_rows(slices.test)}",
            f"Smallest sample: {fitting.FEWEST_LEARNT} frauds to learn from and "
            f"{fitting.FEWEST_TESTED} to test on; boosting from {fitting.BOOSTING_FRAUDS}",
            _verdict(metrics),
        ],
        choices=choices,
        measures={title: {"": _interval(metrics, name)} for name, title in MEASURES.items()},
        review=review,
        sections=sections,
    )


def _evidence(model: FraudEstimator) -> str:
    if not isinstance(model, SmallFraudModel):
        return ""
    return f". Its columns: {', '.join(model.columns or ())}"


def _rows(rows: TrainingSet) -> str:
    return f"{len(rows):,} rows with {int(rows.is_fraud.sum()):,} frauds"


def _interval(metrics: Mapping[str, float], name: str) -> Interval:
    value = metrics[name]
    return Interval(value, metrics.get(f"{name}_low", value), metrics.get(f"{name}_high", value))


def _verdict(metrics: Mapping[str, float]) -> str:
    interval = _interval(metrics, "observed_to_expected")
    holds = interval.low <= 1.0 <= interval.high
    return (
        f"Calibration {'holds' if holds else 'DOES NOT HOLD'} on the test rows: observed over "
        f"expected frauds {interval.value:.2f}, 95 % interval {interval.low:.2f}–"
        f"{interval.high:.2f}"
    )


def _table(labels: LabelsAtHand, period: Period) -> str:
    return "\n".join(["```text", *lines(labels, period), "```"])
