"""Draws the figures of a fraud model for the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import precision_recall_curve

from scoring.fraud import card_precision
from scoring.models import curves, evaluation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from features.platform.arrays import Flags, Floats
    from scoring.fraud.rows import TrainingSet


def draw(rows: TrainingSet, probability: Floats) -> dict[str, Figure]:
    """Return the figures of a model on its test rows, by file name."""
    return {
        "roc.png": _roc(rows.is_fraud, probability),
        "precision_recall.png": _precision_recall(rows.is_fraud, probability),
        "calibration.png": _calibration(rows.is_fraud, probability),
        "card_precision.png": _card_precision(rows, probability),
    }


def _roc(is_fraud: Flags, probability: Floats) -> Figure:
    label = f"AUC {evaluation.auc_roc(is_fraud, probability):.3f}"
    return curves.roc(
        is_fraud, {label: probability}, "genuine transactions flagged", "frauds found"
    )


def _precision_recall(is_fraud: Flags, probability: Floats) -> Figure:
    figure, axes = curves.axes("Precision and recall", "frauds found", "of the flagged, fraud")
    precision, recall, _ = precision_recall_curve(is_fraud, probability)
    area = evaluation.average_precision(is_fraud, probability)
    axes.plot(recall, precision, label=f"average precision {area:.3f}")
    axes.axhline(float(is_fraud.mean()), linestyle="--", color="grey", label="share of fraud")
    axes.legend(loc="upper right")
    return figure


def _calibration(is_fraud: Flags, probability: Floats) -> Figure:
    slope = evaluation.calibration_slope(is_fraud, probability)
    figure, axes = curves.axes(f"Calibration (slope {slope:.2f})", "probability", "share of fraud")
    predicted, observed = curves.calibration(is_fraud, probability, bins=20)
    floor = 1.0 / len(is_fraud)
    axes.loglog(np.maximum(predicted, floor), np.maximum(observed, floor), marker="o")
    axes.plot([floor, 1], [floor, 1], linestyle="--", color="grey")
    return figure


def _card_precision(rows: TrainingSet, probability: Floats) -> Figure:
    shares = card_precision.by_day(rows.customer, rows.day, rows.is_fraud, probability)
    top = card_precision.CARDS_A_DAY
    figure, axes = curves.axes(f"Compromised cards among the first {top}", "day", "share")
    axes.bar(np.arange(1, len(shares) + 1), shares)
    axes.axhline(float(shares.mean()), linestyle="--", color="grey")
    return figure
