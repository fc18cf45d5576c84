"""Reads snapshots of customers, and the purchases that followed them, from the warehouse.

The targets are the purchase days and the net of the days after a snapshot. A merchant's newest day
bounds the horizons of its customers.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import psycopg

from features.views import FeatureView
from scoring.models import snapshots
from scoring.models.snapshots import Book, Target
from scoring.value.rows import HORIZONS, PURCHASES, SPEND, TARGETS, TrainingSet

#: Snapshots of one merchant that a training reads; of more, every k-th customer is taken.
MOST_ROWS = 300_000
BOOK = Book(
    days="marts.fct_customer_days",
    amount="net",
    keys=("merchant_id", "customer_id"),
    group="merchant_id",
    targets=(
        # a purchase is a day with a positive net
        *map(Target, PURCHASES, HORIZONS, ["(days.amount > 0)::int"] * len(HORIZONS)),
        *map(Target, SPEND, HORIZONS),
    ),
    most_rows=MOST_ROWS,
)


def read(
    connection: psycopg.Connection[Any],
    view: FeatureView,
    *,
    start: datetime,
    end: datetime,
    as_of: datetime,
) -> TrainingSet:
    """Read the snapshots of `[start, end)` with all columns of the view, and their targets.

    Args:
        connection: as role `score`.
        view: the feature view.
        start: first moment, by `day_at`.
        end: first moment after.
        as_of: later knowledge is ignored.
    """
    rows = snapshots.read(connection, view, BOOK, start=start, end=end, as_of=as_of)
    columns = {name: rows.column(name).to_numpy() for name in rows.column_names}
    return TrainingSet(
        tuple(view.columns),
        np.column_stack([columns[name] for name in view.columns]),
        columns["merchant_id"],
        columns["customer_id"],
        columns["day_number"],
        np.column_stack([columns[name] for name in TARGETS]),
    )
