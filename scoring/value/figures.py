"""Draws the figures of a value model for the registry: expected against actual."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scoring.models import curves
from scoring.value.backtest import Backtest
from scoring.value.rows import TARGETS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from features.platform.arrays import Floats

TENTHS = 10


def draw(backtest: Backtest) -> dict[str, Figure]:
    """Return the calibration of each target over all origins, by file name; none without origins.

    The forecasts are those of the method that serves each merchant.
    """
    if not backtest.forecasts:
        return {}
    return {
        f"calibration_{target}.png": _calibration(target, *backtest.served(target))
        for target in TARGETS
    }


def tenths(expected: Floats, truth: Floats) -> tuple[Floats, Floats]:
    """Return the mean forecast and the mean truth of each tenth of customers, by forecast."""
    parts = np.array_split(np.argsort(expected, kind="stable"), min(TENTHS, len(expected)))
    return (
        np.array([expected[part].mean() for part in parts]),
        np.array([truth[part].mean() for part in parts]),
    )


def _calibration(target: str, expected: Floats, truth: Floats) -> Figure:
    name = target.replace("_", " ").removesuffix("d") + " days"
    figure, axes = curves.axes(
        f"Calibration of {name}, by tenths", "expected per customer", "actual per customer"
    )
    means = tenths(expected, truth)
    ratio = expected.sum() / truth.sum() if truth.sum() else np.nan
    axes.plot(*means, marker="o", label=f"{len(truth)} forecasts: sum {ratio:.2f} of the truth")
    highest = float(max(part.max() for part in means))
    axes.plot([0, highest], [0, highest], linestyle="--", color="grey")
    axes.legend(loc="upper left")
    return figure
