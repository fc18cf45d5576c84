"""The pictures that stand beside a model in the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.calibration import calibration_curve
from sklearn.metrics import precision_recall_curve, roc_curve

from scoring.fraud import card_precision
from scoring.models import evaluation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from features.platform.arrays import Flags, Floats
    from scoring.fraud.rows import TrainingSet


def draw(rows: TrainingSet, probability: Floats) -> dict[str, Figure]:
    """Return curves of a model on the rows that it was tested on, by file name."""
    return {
        "roc.png": _roc(rows.is_fraud, probability),
        "precision_recall.png": _precision_recall(rows.is_fraud, probability),
        "calibration.png": _calibration(rows.is_fraud, probability),
        "card_precision.png": _card_precision(rows, probability),
    }


def _axes(title: str, x: str, y: str) -> tuple[Figure, Axes]:
    # the object interface: pyplot keeps global state and is not safe in threads
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 5), layout="constrained")
    axes = figure.add_subplot(title=title, xlabel=x, ylabel=y)
    axes.grid(visible=True, alpha=0.3)
    return figure, axes


def _roc(is_fraud: Flags, probability: Floats) -> Figure:
    figure, axes = _axes("ROC", "genuine payments flagged", "frauds found")
    false_rate, true_rate, _ = roc_curve(is_fraud, probability)
    area = evaluation.auc_roc(is_fraud, probability)
    axes.plot(false_rate, true_rate, label=f"AUC {area:.3f}")
    axes.plot([0, 1], [0, 1], linestyle="--", color="grey", label="chance")
    axes.legend(loc="lower right")
    return figure


def _precision_recall(is_fraud: Flags, probability: Floats) -> Figure:
    figure, axes = _axes("Precision and recall", "frauds found", "of the flagged, fraud")
    precision, recall, _ = precision_recall_curve(is_fraud, probability)
    area = evaluation.average_precision(is_fraud, probability)
    axes.plot(recall, precision, label=f"average precision {area:.3f}")
    axes.axhline(float(is_fraud.mean()), linestyle="--", color="grey", label="share of fraud")
    axes.legend(loc="upper right")
    return figure


def _calibration(is_fraud: Flags, probability: Floats) -> Figure:
    slope = evaluation.calibration_slope(is_fraud, probability)
    figure, axes = _axes(f"Calibration (slope {slope:.2f})", "probability", "share of fraud")
    observed, foretold = calibration_curve(is_fraud, probability, n_bins=20, strategy="quantile")
    floor = 1.0 / len(is_fraud)
    axes.loglog(np.maximum(foretold, floor), np.maximum(observed, floor), marker="o")
    axes.plot([floor, 1], [floor, 1], linestyle="--", color="grey")
    return figure


def _card_precision(rows: TrainingSet, probability: Floats) -> Figure:
    shares = card_precision.by_day(rows.customer, rows.day, rows.is_fraud, probability)
    top = card_precision.CARDS_A_DAY
    figure, axes = _axes(f"Compromised cards among the first {top}", "day", "share")
    axes.bar(np.arange(1, len(shares) + 1), shares)
    axes.axhline(float(shares.mean()), linestyle="--", color="grey")
    return figure
