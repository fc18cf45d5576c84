"""Hold labelled transactions in one matrix: the value of training and benchmarks. Pure.

`training_set.py` reads it from the warehouse. The benchmark of the public handbook makes it from
Parquet files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from features.platform.arrays import Codes, Flags, Floats
from scoring.models.labelled_rows import LabelledRows

DAY_MICROSECONDS = 86_400_000_000


@dataclass(frozen=True, slots=True)
class TrainingSet(LabelledRows):
    """Transactions in order of time; in the matrix booleans are 0 and 1.

    Args:
        is_fraud: the matured label of each row.
        customer: a code per customer, from 0.
        occurred_us: microseconds since 1970, UTC.
    """

    is_fraud: Flags
    customer: Codes
    occurred_us: Codes

    @property
    def day(self) -> NDArray[np.int64]:
        """The UTC day of each row, counted from 1970."""
        return self.occurred_us // DAY_MICROSECONDS

    @property
    def digest(self) -> str:
        """SHA-256 over names, times, labels and features: the data of a model."""
        return self._digest_with(self.occurred_us, self.is_fraud)

    def with_columns(self, names: Sequence[str], matrix: Floats) -> TrainingSet:
        """Return the same rows with other columns."""
        return replace(self, features=tuple(names), matrix=matrix)
