"""Describe customers from a table of their days, as dbt's `feat_customers` does. Pure.

The measurements on public and on made data read purchases without a warehouse. A test holds this
description against the rows of the feature table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from features.platform.arrays import Codes, Floats
from features.views.customers import LOOK_BACK_DAYS
from scoring.spending.evaluation import Baselines, baselines
from scoring.spending.past import MONTH, Past


@dataclass(frozen=True, slots=True)
class DayBook:
    """The purchases of customers by day, from the first known day on.

    Args:
        spent: [customers, days], major units.
        purchases: [customers, days].
    """

    spent: Floats
    purchases: Floats

    @classmethod
    def of(cls, customer: Codes, day: Codes, amount: Floats) -> Self:
        """Add up single purchases.

        Args:
            customer: a code per customer, from 0.
            day: of each purchase, from 0.
            amount: of each purchase, major units.
        """
        shape = int(customer.max()) + 1, int(day.max()) + 1
        place = customer * shape[1] + day
        spent, purchases = (
            np.bincount(place, weights, shape[0] * shape[1]).reshape(shape).astype(np.float64)
            for weights in (amount, None)
        )
        return cls(spent, purchases)

    @property
    def days(self) -> int:
        """The number of known days."""
        return int(self.spent.shape[1])

    def active(self, day: int) -> NDArray[np.intp]:
        """Return the customers with a purchase in the look-back that ends with a day."""
        return np.flatnonzero(self.purchases[:, self._look_back(day)].any(axis=1))

    def past(self, day: int, customers: NDArray[np.intp]) -> Past:
        """Return the past of active customers at the end of a day."""
        look_back = self._look_back(day)
        spent, purchases = self.spent[customers, look_back], self.purchases[customers, look_back]
        is_active, count = purchases > 0, purchases.sum(axis=1)
        by_day = np.where(is_active, spent / np.maximum(purchases, 1.0), np.nan)
        observed = spent.shape[1]
        return Past(
            purchases=count,
            purchases_month=purchases[:, -MONTH:].sum(axis=1),
            mean=spent.sum(axis=1) / count,
            usual=np.nanmedian(by_day, axis=1),
            tenure=(observed - is_active.argmax(axis=1)).astype(np.float64),
            recency=is_active[:, ::-1].argmax(axis=1).astype(np.float64),
            observed=np.full(len(customers), float(observed)),
        )

    def next(self, day: int, days: int, customers: NDArray[np.intp]) -> Floats:
        """Return the spending within the days that follow a day: [customers]."""
        following: Floats = self.spent[customers, day + 1 : day + 1 + days].sum(axis=1)
        return following

    def baselines(self, day: int, days: int, customers: NDArray[np.intp]) -> Baselines:
        """Return the plain forecasts at the end of a day."""
        spent = self.spent[customers, self._look_back(day)]
        observed = np.full(len(customers), float(spent.shape[1]))
        return baselines(spent[:, -MONTH:].sum(axis=1), spent.sum(axis=1), observed, days)

    def _look_back(self, day: int) -> slice:
        return slice(max(0, day - LOOK_BACK_DAYS + 1), day + 1)
