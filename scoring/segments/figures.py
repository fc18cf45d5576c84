"""Draw the segments of a model for its page: sizes, places, migration and retention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from scoring.models import curves
from scoring.segments.fitting import Fit
from scoring.segments.levels import LEVELS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from features.platform.arrays import Codes, Floats, Matrix


def draw(fit: Fit, values: Matrix, retention: Mapping[str, Sequence[float]]) -> dict[str, Figure]:
    """Return the figures of one merchant's segments, or of the pooled ones, by file name.

    Args:
        fit: the segments.
        values: [n, 3] of the customers that they were fitted on.
        retention: the share of each segment's customers that buys in the months after, by name.
    """
    figures = {
        "segments.png": _segments(fit, values),
        "stability.png": _stability(fit),
        "migration.png": _migration(fit),
    }
    return figures | ({"retention.png": _retention(retention)} if retention else {})


def _segments(fit: Fit, values: Matrix) -> Figure:
    figure, axes = curves.axes(
        "Customers by segment", "days since the last purchase (log)", "spend (log)"
    )
    for level in np.unique(fit.levels):
        rows = values[fit.levels == level]
        label = f"{LEVELS[level]} {fit.segments.names[level]}: {len(rows) / len(values):.0%}"
        axes.scatter(1 + rows[:, 0], 1 + np.maximum(rows[:, 2], 0), s=6, alpha=0.4, label=label)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.legend(loc="lower left", fontsize="small")
    return figure


def _stability(fit: Fit) -> Figure:
    figure, axes = curves.axes(
        "Agreement of refits on resamples", "number of segments", "adjusted Rand index"
    )
    for trial in fit.trials:
        axes.scatter([trial.count] * len(trial.agreements), trial.agreements, s=10, color="grey")
        axes.scatter([trial.count], [trial.agreement], color="black", marker="_", s=300)
    axes.axhline(0.6, linestyle="--", color="grey", label="bar of the 10th percentile")
    axes.axvline(fit.count, linestyle=":", label="chosen")
    axes.legend(loc="lower left")
    return figure


def _migration(fit: Fit) -> Figure:
    """Return the shares of each segment in force by segment of the new model.

    The first model has no segments before it, so all its customers are new.
    """
    figure, axes = curves.axes("Customers before and after the fit", "after", "before")
    totals = fit.migration.sum(axis=1, keepdims=True)
    before, after = (np.flatnonzero(fit.migration.sum(axis=side)) for side in (1, 0))
    shares: Floats = (fit.migration / np.maximum(totals, 1))[np.ix_(before, after)]
    axes.grid(visible=False)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(after)), _words(after))
    axes.set_yticks(range(len(before)), _words(before))
    for row, column in np.ndindex(*shares.shape):
        axes.text(column, row, f"{shares[row, column]:.0%}", ha="center", va="center")
    return figure


def _retention(retention: Mapping[str, Sequence[float]]) -> Figure:
    figure, axes = curves.axes(
        "Customers that bought again", "months after the night", "share of the segment"
    )
    for name, shares in retention.items():
        axes.plot(range(1, len(shares) + 1), shares, marker="o", label=name)
    axes.set_ylim(0, 1)
    axes.legend(loc="upper right", fontsize="small")
    return figure


def _words(levels: Codes) -> list[str]:
    return [(*LEVELS, "none")[level] for level in levels]
