"""Read the customers of the newest night from the warehouse, to fit segments on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
from psycopg import sql

from features.platform import database
from features.views import FeatureView
from scoring.models import ordered_rows
from scoring.segments.points import FEATURES
from scoring.segments.rows import Customers

_NEWEST = """
select max(features.day_at)
from {table} as features
where
    features.day_at >= {start}
    and features.day_at < {end}
    and features.known_at <= {as_of}
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
    """Read the newest night of `[start, end)` that was known at `as_of`; None without one.

    Args:
        connection: as role `score`.
        view: the feature view.
        start: the first moment of a night, by `day_at`.
        end: the first moment after.
        as_of: later knowledge is ignored.
    """
    table, moment = sql.Identifier(*view.table.split(".")), sql.Literal(as_of)
    (night,) = database.fetch_one(
        connection,
        f"look for the newest night in {view.table}",
        sql.SQL(_NEWEST).format(
            table=table, start=sql.Literal(start), end=sql.Literal(end), as_of=moment
        ),
    )
    if night is None:
        return None
    return of_night(connection, view, night, as_of)


def of_night(
    connection: psycopg.Connection[Any], view: FeatureView, night: datetime, as_of: datetime
) -> Customers:
    """Read the customers of one night that were known at `as_of`."""
    columns = [sql.SQL("{}::float8").format(sql.Identifier("features", n)) for n in FEATURES]
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
