"""Measures a credit model on rows of a later time, and by segment. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from features.platform.arrays import Codes, Floats
from scoring.credit.rows import TrainingSet
from scoring.models import evaluation, stability
from scoring.models.evaluation import Interval, Ranking

MOST_VALUES = 5  # a number with more values is cut into thirds


@dataclass(frozen=True, slots=True)
class SegmentFigures:
    """One segment; a measure is None if the segment has too few defaults."""

    characteristic: str
    segment: str
    rows: int
    bads: int
    foretold: float
    auc_roc: float | None

    @property
    def observed_to_expected(self) -> float:
        """Observed defaults over predicted defaults."""
        return self.bads / self.foretold


def measure(rows: TrainingSet, probability: Floats) -> dict[str, Interval]:
    """Return the measures of a probability of default with 95 % intervals.

    Args:
        rows: rows outside the training.
        probability: of these rows.
    """
    ranking = Ranking(rows.is_bad, probability)
    measures: dict[str, Callable[[Floats | None], float]] = {
        "auc_roc": ranking.auc_roc,
        "ks": ranking.ks,
        "gini": lambda weight: 2 * ranking.auc_roc(weight) - 1,
        "calibration_slope": partial(evaluation.calibration_slope, rows.is_bad, probability),
        "observed_to_expected": partial(evaluation.observed_to_expected, rows.is_bad, probability),
        "brier": partial(evaluation.brier, rows.is_bad, probability),
    }
    intervals = {
        name: evaluation.interval(measure, rows.customer) for name, measure in measures.items()
    }
    error = evaluation.expected_calibration_error(rows.is_bad, probability)
    return intervals | {"expected_calibration_error": Interval(error, error, error)}


def by_segment(
    rows: TrainingSet, probability: Floats, levels: dict[str, Sequence[str]]
) -> list[SegmentFigures]:
    """Return the figures of segments: levels of categories, values or thirds of numbers.

    Args:
        rows: rows outside the training.
        probability: of these rows.
        levels: the names of the levels by column; empty for a number.
    """
    figures = []
    for name, names in levels.items():
        values = rows.matrix[:, rows.features.index(name)]
        is_known = ~np.isnan(values)
        code = np.full(len(values), -1)
        labels = list(names)
        if names:
            code[is_known] = values[is_known].astype(int)
        elif is_known.any():
            code[is_known], labels = _cut(values[is_known])
        labels.append("missing")
        figures += [
            _segment(name, labels[position], rows, probability, np.flatnonzero(code == position))
            for position in np.unique(code)
        ]
    return figures


def _cut(values: Floats) -> tuple[NDArray[np.intp], list[str]]:
    """Cut a number into its values if they are few, otherwise into thirds; name the parts."""
    distinct = np.unique(values)
    if len(distinct) <= MOST_VALUES:
        return np.searchsorted(distinct, values), [f"{value:g}" for value in distinct]
    bounds = np.quantile(values, [1 / 3, 2 / 3])
    low, high = (f"{bound:,.0f}" if bound >= 1_000 else f"{bound:.3g}" for bound in bounds)
    return np.searchsorted(bounds, values), [f"to {low}", f"{low} to {high}", f"over {high}"]


def _segment(
    name: str, label: str, rows: TrainingSet, probability: Floats, members: Codes
) -> SegmentFigures:
    is_bad, foretold = rows.is_bad[members], probability[members]
    return SegmentFigures(
        characteristic=name,
        segment=label,
        rows=len(members),
        bads=int(is_bad.sum()),
        foretold=float(foretold.sum()),
        auc_roc=stability.auc_of(is_bad, foretold),
    )
