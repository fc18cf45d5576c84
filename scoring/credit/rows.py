"""Hold closed loans in one matrix: the value that training, tests and benchmarks share. Pure.

`training_set.py` reads it from the warehouse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.platform.arrays import Codes, Flags
from scoring.models.columns import choose
from scoring.models.labelled_rows import LabelledRows
from scoring.runs.training_order import TrainingOrder


@dataclass(frozen=True, slots=True)
class TrainingSet(LabelledRows):
    """Closed loans in order of time; in the matrix a category is the index of its level.

    Args:
        is_bad: whether the loan defaulted.
        customer: a code per customer, from 0.
        applied_us: microseconds since 1970, UTC.
        application_id: the application of each row.
    """

    is_bad: Flags
    customer: Codes
    applied_us: Codes
    application_id: NDArray[np.object_]

    @property
    def month(self) -> NDArray[np.datetime64]:
        """The UTC month of each application."""
        return self.applied_us.astype("datetime64[us]").astype("datetime64[M]")

    @property
    def digest(self) -> str:
        """SHA-256 over names, times, outcomes and features: the data of a model."""
        return self._digest_with(self.applied_us, self.is_bad)

    def before(self, month: str) -> TrainingSet:
        """Return the rows before a month, such as `2011-01`."""
        return self.take(self.month < np.datetime64(month))

    def between(self, first: str, end: str) -> TrainingSet:
        """Return the rows from the month `first` up to the month `end`, exclusive."""
        return self.take((self.month >= np.datetime64(first)) & (self.month < np.datetime64(end)))

    def telling(self) -> tuple[str, ...]:
        """Return the columns that vary, also among the newest rows."""
        return choose(self, TrainingOrder()).used
