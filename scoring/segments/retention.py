"""Measure which segments buy again, on month ends before the night of the fit.

The newest night has no future yet. So the segments are looked up half a year earlier, and the month
ends in between say who bought: a customer that bought in a month has a recency within it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np
import psycopg
from psycopg import sql

from features.platform import database
from features.views import FeatureView
from scoring.segments import training_set
from scoring.segments.model import MerchantSegments
from scoring.segments.rows import Customers

MONTHS = 6
_MONTH_ENDS = """
select distinct features.day_at
from {table} as features
where
    features.known_at <= {as_of}
    and features.day_at < {before}
    and extract(day from (features.day_at at time zone 'UTC') + interval '1 day') = 1
order by features.day_at desc
limit {months}
"""


def read(
    connection: psycopg.Connection[Any], view: FeatureView, customers: Customers, as_of: datetime
) -> list[Customers]:
    """Return the customers of the last month ends before a night, and of the night, oldest first.

    Args:
        connection: as role `score`.
        view: the feature view.
        customers: of the night.
        as_of: later knowledge is ignored.
    """
    nights = database.fetch_all(
        connection,
        f"look for month ends in {view.table}",
        sql.SQL(_MONTH_ENDS).format(
            table=sql.Identifier(*view.table.split(".")),
            as_of=sql.Literal(as_of),
            before=sql.Literal(customers.night),
            months=sql.Literal(MONTHS),
        ),
    )
    earlier = [training_set.of_night(connection, view, night, as_of) for (night,) in nights]
    return [*reversed(earlier), customers]


def by_segment(segments: MerchantSegments, nights: Sequence[Customers]) -> dict[str, list[float]]:
    """Return the share of each segment's customers that bought in each month after the first.

    Args:
        segments: assign the customers of the first night.
        nights: oldest first; fewer than two give no shares.
    """
    if len(nights) < 2:
        return {}
    first = nights[0]
    levels, names = segments.nearest(first.values), _keys(first)
    bought = [
        np.isin(names, _keys(night)[night.values[:, 0] < (night.night - before.night).days])
        for before, night in pairwise(nights)
    ]
    return {
        segments.names[level]: [float(has_bought[levels == level].mean()) for has_bought in bought]
        for level in np.unique(levels)
    }


def _keys(customers: Customers) -> np.ndarray[Any, np.dtype[np.str_]]:
    return np.char.add(
        np.char.add(customers.merchant.astype(str), "\0"), customers.customer.astype(str)
    )
