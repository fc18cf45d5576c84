"""Hold nights of card customers with the spending that followed them. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.platform.arrays import Codes, Floats
from scoring.models.labelled_rows import LabelledRows
from scoring.spending.past import MONTH, QUARTER

HORIZONS = (MONTH, QUARTER)


@dataclass(frozen=True, slots=True)
class TrainingSet(LabelledRows):
    """Nights of customers in order of time.

    Args:
        customer: a code per customer, from 0.
        day: the UTC day of each night, counted from 1970.
        spent: [n, horizons], the spending of the days after the night, in major units; NaN where
            the horizon has not passed.
    """

    customer: Codes
    day: Codes
    spent: Floats

    @property
    def nights(self) -> NDArray[np.int64]:
        """The different days, in order."""
        return np.unique(self.day)

    @property
    def digest(self) -> str:
        """SHA-256 over names, days, spending and features: the data of a model."""
        return self._digest_with(self.day, self.spent)

    def known(self, horizon: int) -> TrainingSet:
        """Return the nights whose horizon has passed."""
        return self.take(~np.isnan(self.spent_within(horizon)))

    def spent_within(self, horizon: int) -> Floats:
        """Return the spending of 30 or of 90 days: [n]."""
        column: Floats = self.spent[:, HORIZONS.index(horizon)]
        return column

    def as_known_on(self, day: int) -> TrainingSet:
        """Return the nights by which a month had passed on a day, without later spending."""
        earlier = self.take(self.day + MONTH <= day)
        spent = np.column_stack(
            [
                np.where(earlier.day + horizon <= day, earlier.spent_within(horizon), np.nan)
                for horizon in HORIZONS
            ]
        )
        return TrainingSet(earlier.features, earlier.matrix, earlier.customer, earlier.day, spent)
