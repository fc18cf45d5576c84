"""Defines the scores of one model component, with the status of each score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.platform.arrays import Flags
from scoring.decision.outcome import Status


@dataclass(frozen=True, slots=True)
class ComponentScores:
    """One component's scores, in the answer's bounds.

    Attributes:
        values: [n], or [n, length] of an answer that is a list; NaN exactly if the status is not
            ok.
        status: [n].
    """

    values: NDArray[np.float64]
    status: NDArray[np.object_]

    @property
    def is_ok(self) -> Flags:
        """Whether a row has a score: [n]."""
        return np.asarray(self.status == Status.OK, dtype=bool)

    def take(self, rows: NDArray[np.intp]) -> ComponentScores:
        """Return the scores of some rows."""
        return ComponentScores(self.values[rows], self.status[rows])


def together(parts: Sequence[ComponentScores]) -> list[ComponentScores]:
    """Return answers that count together: a row has all of them, or none and the first failure."""
    status = parts[0].status
    for part in parts[1:]:
        status = np.where(status == Status.OK, part.status, status)
    is_failed = status != Status.OK
    result = []
    for part in parts:
        values = part.values.copy()
        values[is_failed] = np.nan
        result.append(ComponentScores(values, status))
    return result
