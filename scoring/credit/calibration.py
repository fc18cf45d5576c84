"""Computes the margins that the calibrators learn from, on rows outside each fit. Pure.

A calibrator must look forward in time, as the model does in use. So models fitted on earlier rows
predict later rows, slice by slice, and one sigmoid learns from all these predictions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from features.platform.arrays import Flags, Floats

FEWEST_DEFAULTS = 20  # in the first training slice and among the predicted rows


class Ranker(Protocol):
    """A fitted model that ranks rows."""

    def margin(self, X: Floats) -> Floats:  # noqa: N803 - scikit-learn's name
        """Return the log-odds of default, before calibration: [n]."""


def out_of_time(
    fit: Callable[[Floats, Flags], Ranker], matrix: Floats, is_bad: Flags, cuts: list[int]
) -> Floats:
    """Predict every row from `cuts[0]` on with a model fitted on the rows before its slice.

    Args:
        fit: fits a model on rows.
        matrix: [n, columns], in order of time.
        is_bad: [n].
        cuts: first row of each slice, ascending.

    Returns:
        [n - cuts[0]] margins.

    Raises:
        ValueError: too few defaults to fit the first model or the calibrator.
    """
    counts = [int(is_bad[: cuts[0]].sum()), int(is_bad[cuts[0] :].sum())]
    if min(counts) < FEWEST_DEFAULTS:
        raise ValueError(
            f"{counts} defaults before and in the later slices; each needs {FEWEST_DEFAULTS}"
        )
    ends = [*cuts[1:], len(matrix)]
    return np.concatenate(
        [
            fit(matrix[:start], is_bad[:start]).margin(matrix[start:end])
            for start, end in zip(cuts, ends, strict=True)
            if end > start
        ]
    )
