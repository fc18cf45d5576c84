"""Holds the snapshots of customers that the value model learns from. Pure.

A snapshot has the features of a customer at the end of a month, and the purchases that followed. A
target is NaN while its horizon has not passed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from features.platform.arrays import Flags, Floats, Integers
from scoring.models.labelled_rows import LabelledRows
from scoring.value.amounts import Values
from scoring.value.purchases import Histories

#: Days; the answers of the job, and the ends of the targets.
HORIZONS = (30, 90)
PURCHASES = tuple(f"purchases_{days}d" for days in HORIZONS)
SPEND = tuple(f"spend_{days}d" for days in HORIZONS)
TARGETS = (*PURCHASES, *SPEND)
#: The name of the matrix' last column: the index of the merchant in the model.
MERCHANT = "merchant"
#: The features of the purchase and amount models, in the order of `of_matrix`.
HISTORY = ("repeat_count", "first_to_last_days", "tenure_days", "value_mean")
#: The age of a customer without a purchase day in the look-back: its end is all that is known.
LOOK_BACK = 400.0


@dataclass(frozen=True, slots=True)
class TrainingSet(LabelledRows):
    """Snapshots in order of day, merchant and customer.

    Args:
        merchant: [n] the ids.
        customer: [n] the ids.
        day: [n] the snapshot's day, since 1970.
        targets: [n, 4] in the order of `TARGETS`; amounts in major units of the base currency.
    """

    merchant: NDArray[np.object_]
    customer: NDArray[np.object_]
    day: Integers
    targets: Floats

    @property
    def digest(self) -> str:
        """The SHA-256 of the rows and their targets."""
        ids = "\0".join([*self.merchant.tolist(), *self.customer.tolist()]).encode()
        return self._digest_with(np.frombuffer(ids, np.uint8), self.day, self.targets)

    @property
    def merchants(self) -> list[str]:
        """The ids of the merchants, each once, in order."""
        return [str(name) for name in np.unique(self.merchant.astype(str))]

    @property
    def histories(self) -> Histories:
        """The purchases of each row."""
        return of_matrix(self.select(HISTORY).matrix)[0]

    @property
    def values(self) -> Values:
        """The values of the repeat purchases of each row."""
        return of_matrix(self.select(HISTORY).matrix)[1]

    def with_column(self, column: Floats) -> Self:
        """Return the rows with one more column, the index of the merchant."""
        return replace(
            self,
            features=(*self.features, MERCHANT),
            matrix=np.column_stack([self.matrix, column]),
        )

    def of_merchant(self, merchant: str) -> Self:
        """Return the rows of a merchant."""
        return self.take(np.flatnonzero(self.merchant == merchant))

    def newest(self) -> Self:
        """Return the newest snapshot of each merchant."""
        _, place = np.unique(self.merchant.astype(str), return_inverse=True)
        last = np.full(place.max(initial=-1) + 1, np.iinfo(np.int64).min)
        np.maximum.at(last, place, self.day)
        return self.take(np.flatnonzero(self.day == last[place]))

    def closed(self, target: int, day: int) -> Self:
        """Return the rows whose target was complete at the end of a day."""
        ends = self.day + HORIZONS[target % len(HORIZONS)]
        is_closed: Flags = (ends <= day) & np.isfinite(self.targets[:, target])
        return self.take(np.flatnonzero(is_closed))


def of_matrix(history: Floats) -> tuple[Histories, Values]:
    """Return purchases and values from the columns of `HISTORY`: [n, 4], null = NaN.

    A customer without a purchase day, who only returned goods, counts as a customer who bought once
    at the begin of the look-back.
    """
    repeats, recency, age, mean = (np.ascontiguousarray(column) for column in history.T)
    repeats = np.nan_to_num(repeats, nan=0.0)
    age = np.nan_to_num(age, nan=LOOK_BACK)
    recency = np.minimum(np.nan_to_num(recency, nan=0.0), age)
    return Histories(repeats, recency, age), Values(repeats, np.nan_to_num(mean, nan=0.0))
