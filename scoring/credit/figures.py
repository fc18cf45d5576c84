"""The pictures that stand beside a credit model in the registry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from sklearn.calibration import calibration_curve
from sklearn.metrics import roc_curve

from scoring.credit.evaluation import MOVED, STABLE, MonthFigures
from scoring.models import evaluation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from features.platform.arrays import Flags, Floats


def draw(
    is_bad: Flags, probabilities: dict[str, Floats], months: Sequence[MonthFigures]
) -> dict[str, Figure]:
    """Return curves of both parts on the rows that they were tested on, by file name.

    Args:
        is_bad: [n] of the rows tested.
        probabilities: by part [n].
        months: of the part that decides.
    """
    return {
        "roc.png": _roc(is_bad, probabilities),
        "calibration.png": _calibration(is_bad, probabilities),
        "stability.png": _stability(months),
    }


def _axes(title: str, x: str, y: str) -> tuple[Figure, Axes]:
    # the object interface: pyplot keeps global state and is not safe in threads
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 5), layout="constrained")
    axes = figure.add_subplot(title=title, xlabel=x, ylabel=y)
    axes.grid(visible=True, alpha=0.3)
    return figure, axes


def _roc(is_bad: Flags, probabilities: dict[str, Floats]) -> Figure:
    figure, axes = _axes("ROC", "repaid loans above", "defaults above")
    for part, probability in probabilities.items():
        false_rate, true_rate, _ = roc_curve(is_bad, probability)
        ranking = evaluation.Ranking(is_bad, probability)
        label = f"{part}: AUC {ranking.auc_roc():.3f}, KS {ranking.ks():.3f}"
        axes.plot(false_rate, true_rate, label=label)
    axes.plot([0, 1], [0, 1], linestyle="--", color="grey", label="chance")
    axes.legend(loc="lower right")
    return figure


def _calibration(is_bad: Flags, probabilities: dict[str, Floats]) -> Figure:
    figure, axes = _axes("Calibration, by tenths", "probability of default", "share that defaulted")
    highest = 0.0
    for part, probability in probabilities.items():
        seen, foretold = calibration_curve(is_bad, probability, n_bins=10, strategy="quantile")
        slope = evaluation.calibration_slope(is_bad, probability)
        axes.plot(foretold, seen, marker="o", label=f"{part}: slope {slope:.2f}")
        highest = max(highest, float(foretold.max()), float(seen.max()))
    axes.plot([0, highest], [0, highest], linestyle="--", color="grey")
    axes.legend(loc="upper left")
    return figure


def _stability(months: Sequence[MonthFigures]) -> Figure:
    figure, axes = _axes("Stability of the score by month", "", "population stability index")
    positions = np.arange(len(months))
    axes.bar(positions, [one.stability_index for one in months], label="month")
    axes.step(
        positions,
        [one.by_chance for one in months],
        where="mid",
        color="black",
        label="95 of 100 months by chance",
    )
    axes.set_xticks(positions, [one.month for one in months], rotation=90)
    for level in (STABLE, MOVED):
        axes.axhline(level, linestyle="--", color="grey")
    axes.legend()
    return figure
