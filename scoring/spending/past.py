"""Describe the known spending of card customers in the terms of the forecast. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Floats, Matrix

#: The columns of the feature view that the forecast reads, in the order of a model's matrix.
COLUMNS = (
    "transaction_count_30d",
    "transaction_count_90d",
    "mean_transaction_90d",
    "usual_transaction_90d",
    "tenure_days",
    "recency_days",
    "observed_days",
)
MONTH, QUARTER = 30, 90


@dataclass(frozen=True, slots=True)
class Past:
    """The known spending of n customers; every array is [n] and has no missing value.

    Args:
        purchases: number in the look-back.
        purchases_month: number in its last 30 days.
        mean: amount per purchase, major units of the base currency; 0 without a purchase.
        usual: median over the days of purchases of the amount per purchase; 0 without a purchase.
        tenure: days since the first purchase of the look-back, its own day included; `observed`
            without one.
        recency: days since the last purchase; `observed` without one.
        observed: days of the look-back in which purchases are known.
    """

    purchases: Floats
    purchases_month: Floats
    mean: Floats
    usual: Floats
    tenure: Floats
    recency: Floats
    observed: Floats

    def __len__(self) -> int:
        return len(self.purchases)

    @property
    def observed_month(self) -> Floats:
        """The observed days among the last 30."""
        return np.minimum(self.observed, float(MONTH))


def from_matrix(matrix: Matrix, names: Sequence[str]) -> Past:
    """Return the past of n customers from feature rows.

    Args:
        matrix: [n, names], null = NaN.
        names: the columns of the matrix, with all of `COLUMNS` among them.

    Raises:
        ValueError: a column is missing.
    """
    places = {name: place for place, name in enumerate(names)}
    if missing := [name for name in COLUMNS if name not in places]:
        raise ValueError(f"the forecast needs the columns {', '.join(missing)}")
    column = {name: np.ascontiguousarray(matrix[:, places[name]]) for name in COLUMNS}
    # a row without the days is taken as one of a feed that fills the look-back, as most do
    observed = np.maximum(np.nan_to_num(column["observed_days"], nan=float(QUARTER)), 1.0)
    tenure, recency = column["tenure_days"], column["recency_days"]
    return Past(
        purchases=np.nan_to_num(column["transaction_count_90d"]),
        purchases_month=np.nan_to_num(column["transaction_count_30d"]),
        mean=np.nan_to_num(column["mean_transaction_90d"]),
        usual=np.nan_to_num(column["usual_transaction_90d"]),
        tenure=np.where(np.isnan(tenure), observed, tenure + 1.0),
        recency=np.where(np.isnan(recency), observed, recency),
        observed=observed,
    )
