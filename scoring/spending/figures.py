"""Draw the figures of a model of spending for the registry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from scoring.models import curves
from scoring.spending.evaluation import LEVELS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from scoring.spending.fitting import Tested

_TENTHS = 10


def draw(tested: Sequence[Tested]) -> dict[str, Figure]:
    """Return the figures of the measured horizons, by file name."""
    if not tested:
        return {}
    return {"calibration.png": _calibration(tested), "coverage.png": _coverage(tested)}


def _calibration(tested: Sequence[Tested]) -> Figure:
    figure, axes = curves.axes(
        "Forecast and spending, by tenths of the forecast", "median forecast", "median spending"
    )
    highest = 0.0
    for part in tested:
        order = np.argsort(part.forecast.point, kind="stable")
        tenths = [tenth for tenth in np.array_split(order, _TENTHS) if len(tenth)]
        forecast = [float(np.median(part.forecast.point[tenth])) for tenth in tenths]
        spent = [float(np.median(part.spent[tenth])) for tenth in tenths]
        axes.plot(forecast, spent, marker="o", label=f"{part.horizon} days")
        highest = max(highest, *forecast, *spent)
    axes.plot([0, highest], [0, highest], linestyle="--", color="grey")
    axes.legend(loc="upper left")
    return figure


def _coverage(tested: Sequence[Tested]) -> Figure:
    figure, axes = curves.axes(
        "Share of customers within the interval of 80 %", "fifth of the forecast", "share"
    )
    for part in tested:
        axes.plot(
            range(1, LEVELS + 1),
            part.measures.coverage_by_level,
            marker="o",
            label=f"{part.horizon} days: {part.measures.coverage.value:.3f}",
        )
    axes.axhline(0.8, linestyle="--", color="grey")
    axes.set_xticks(range(1, LEVELS + 1))
    axes.set_ylim(0.0, 1.0)
    axes.legend(loc="lower right")
    return figure
