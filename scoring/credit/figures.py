"""Draws the figures of a credit model for the registry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from scoring.models import curves, evaluation
from scoring.models.stability import MOVED, STABLE, MonthFigures

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from features.platform.arrays import Flags, Floats


def draw(
    is_bad: Flags, probabilities: dict[str, Floats], months: Sequence[MonthFigures]
) -> dict[str, Figure]:
    """Return the figures of both parts on their test rows, by file name.

    Args:
        is_bad: [n] of the test rows.
        probabilities: by part [n].
        months: of the part that decides.
    """
    return {
        "roc.png": _roc(is_bad, probabilities),
        "calibration.png": _calibration(is_bad, probabilities),
        "stability.png": _stability(months),
    }


def _roc(is_bad: Flags, probabilities: dict[str, Floats]) -> Figure:
    by_label = {}
    for part, probability in probabilities.items():
        ranking = evaluation.Ranking(is_bad, probability)
        by_label[f"{part}: AUC {ranking.auc_roc():.3f}, KS {ranking.ks():.3f}"] = probability
    return curves.roc(is_bad, by_label, "repaid loans above", "defaults above")


def _calibration(is_bad: Flags, probabilities: dict[str, Floats]) -> Figure:
    figure, axes = curves.axes(
        "Calibration, by tenths", "probability of default", "share that defaulted"
    )
    highest = 0.0
    for part, probability in probabilities.items():
        predicted, observed = curves.calibration(is_bad, probability, bins=10)
        slope = evaluation.calibration_slope(is_bad, probability)
        axes.plot(predicted, observed, marker="o", label=f"{part}: slope {slope:.2f}")
        highest = max(highest, float(predicted.max()), float(observed.max()))
    axes.plot([0, highest], [0, highest], linestyle="--", color="grey")
    axes.legend(loc="upper left")
    return figure


def _stability(months: Sequence[MonthFigures]) -> Figure:
    figure, axes = curves.axes("Stability of the score by month", "", "population stability index")
    positions = np.arange(len(months))
    axes.bar(positions, [month.stability_index for month in months], label="month")
    axes.step(
        positions,
        [month.by_chance for month in months],
        where="mid",
        color="black",
        label="95 of 100 months by chance",
    )
    axes.set_xticks(positions, [month.month for month in months], rotation=90)
    for level in (STABLE, MOVED):
        axes.axhline(level, linestyle="--", color="grey")
    axes.legend()
    return figure
