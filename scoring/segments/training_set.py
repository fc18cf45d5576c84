"""Read the customers of one night from the warehouse, to fit segments on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
from psycopg import sql

from features.platform import database
from features.views import FeatureView
from features.views.numbers import as_number
from scoring.models import ordered_rows
from scoring.segments.points import FEATURES
from scoring.segments.rows import Customers

# the end of a month wins over later days: a refit is monthly
_NEWEST = """
select features.day_at
from {table} as features
where
    features.day_at >= {start}
    and features.day_at < {end}
    and features.known_at <= {as_of}
order by
    extract(day from (features.day_at at time zone 'UTC') + interval '1 day') = 1 desc,
    features.day_at desc
limit 1
"""
_QUERY = """
select features.merchant_id, features.customer_id, {columns}
from {table} as features
where features.day_at = {night} and features.known_at <= {as_of}
"""


def read(
    connection: psycopg.Connection[Any],
    view: FeatureView,
    *,
    start: datetime,
    end: datetime,
    as_of: datetime,
) -> Customers | None:
    """Read the night to fit on, of `[start, end)` and known at `as_of`; None without one.

    It is the newest end of a month, or the newest night of a period without an end of a month.

    Args:
        connection: as role `score`.
        view: the feature view.
        start: the first moment of a night, by `day_at`.
        end: the first moment after.
        as_of: later knowledge is ignored.
    """
    row = database.fetch_optional(
        connection,
        f"look for the newest night in {view.table}",
        sql.SQL(_NEWEST).format(
            table=sql.Identifier(*view.table.split(".")),
            start=sql.Literal(start),
            end=sql.Literal(end),
            as_of=sql.Literal(as_of),
        ),
    )
    return of_night(connection, view, row[0], as_of) if row else None


def of_night(
    connection: psycopg.Connection[Any], view: FeatureView, night: datetime, as_of: datetime
) -> Customers:
    """Read the customers of one night that were known at `as_of`."""
    columns = [as_number(view.feature(name)) for name in FEATURES]
    query = sql.SQL(_QUERY).format(
        columns=sql.SQL(", ").join(columns),
        table=sql.Identifier(*view.table.split(".")),
        night=sql.Literal(night),
        as_of=sql.Literal(as_of),
    )
    keys = ("merchant_id", "customer_id")
    types = {**dict.fromkeys(keys, pa.string()), **dict.fromkeys(FEATURES, pa.float64())}
    rows, places = ordered_rows.read(connection, query, types, keys)
    in_order = rows.take(places)
    return Customers(
        night=night.astimezone(UTC).date(),
        merchant=in_order["merchant_id"].to_numpy(),
        customer=in_order["customer_id"].to_numpy(),
        values=np.column_stack([in_order[name].to_numpy() for name in FEATURES]),
    )
