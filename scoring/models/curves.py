"""Draws the curves that the domains share: axes, ROC and calibration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sklearn.calibration import calibration_curve
from sklearn.metrics import roc_curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from features.platform.arrays import Flags, Floats


def axes(title: str, x: str, y: str) -> tuple[Figure, Axes]:
    """Return a figure with one pair of axes."""
    # the object interface: pyplot keeps global state and is not safe in threads
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 5), layout="constrained")
    pair = figure.add_subplot(title=title, xlabel=x, ylabel=y)
    pair.grid(visible=True, alpha=0.3)
    return figure, pair


def roc(is_event: Flags, probabilities: Mapping[str, Floats], x: str, y: str) -> Figure:
    """Return the ROC curves of one or more models.

    Args:
        is_event: [n].
        probabilities: [n] by the label of the curve.
        x: the name of the false positive rate.
        y: the name of the true positive rate.
    """
    figure, pair = axes("ROC", x, y)
    for label, probability in probabilities.items():
        false_rate, true_rate, _ = roc_curve(is_event, probability)
        pair.plot(false_rate, true_rate, label=label)
    pair.plot([0, 1], [0, 1], linestyle="--", color="grey", label="chance")
    pair.legend(loc="lower right")
    return figure


def calibration(is_event: Flags, probability: Floats, bins: int) -> tuple[Floats, Floats]:
    """Return the mean probability and the share of events by quantile of the probability."""
    observed, predicted = calibration_curve(is_event, probability, n_bins=bins, strategy="quantile")
    return predicted, observed
