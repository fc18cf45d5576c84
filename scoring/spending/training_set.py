"""Read nights of card customers, and the spending that followed them, from the warehouse."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import psycopg

from features.views import FeatureView
from scoring.models import snapshots
from scoring.models.snapshots import Book, Target
from scoring.spending.rows import HORIZONS, TrainingSet

#: Nights that a training reads; of more, every k-th customer is taken.
MOST_ROWS = 500_000
BOOK = Book(
    days="marts.fct_card_customer_days",
    amount="spend",
    keys=("customer_id",),
    group=None,
    targets=tuple(Target(f"spent_{days}d", days) for days in HORIZONS),
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
    """Read the month ends of `[start, end)` by which at least a month has passed.

    Args:
        connection: as role `score`.
        view: the feature view; all of its columns are read.
        start: first moment, by `day_at`.
        end: first moment after.
        as_of: later knowledge is ignored.
    """
    rows = snapshots.read(connection, view, BOOK, start=start, end=end, as_of=as_of)
    column = {name: rows.column(name).to_numpy() for name in rows.column_names}
    customers = rows.column("customer_id").combine_chunks().dictionary_encode()
    nights = TrainingSet(
        tuple(view.columns),
        np.column_stack([column[name] for name in view.columns]),
        customers.indices.to_numpy().astype(np.int64),
        column["day_number"],
        np.column_stack([column[target.name] for target in BOOK.targets]),
    )
    return nights.known(min(HORIZONS))
