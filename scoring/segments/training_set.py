"""Read the customers of the newest night from the warehouse, to fit segments on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
from psycopg import sql

from features.platform import database
from features.platform.arrays import Flags, Matrix
from features.views import FeatureView
from scoring.models import ordered_rows
from scoring.segments.points import FEATURES

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


@dataclass(frozen=True, slots=True)
class Customers:
    """The customers of one night, ordered by merchant and id.

    Attributes:
        night: the day.
        merchant: [n].
        customer: [n].
        values: [n, 3] recency, frequency and spend; null is NaN.
    """

    night: date
    merchant: np.ndarray[Any, np.dtype[np.object_]]
    customer: np.ndarray[Any, np.dtype[np.object_]]
    values: Matrix

    def __len__(self) -> int:
        return len(self.values)

    @property
    def by_merchant(self) -> Mapping[str, Matrix]:
        """The values by merchant."""
        return {str(name): self.values[self.of(name)] for name in np.unique(self.merchant)}

    @property
    def digest(self) -> str:
        """The SHA-256 over the night, the names and the values."""
        digest = hashlib.sha256(self.night.isoformat().encode())
        digest.update(repr([self.merchant.tolist(), self.customer.tolist()]).encode())
        digest.update(np.ascontiguousarray(self.values).data)
        return digest.hexdigest()

    def of(self, merchant: str) -> Flags:
        """Return whether each row is a customer of a merchant: [n]."""
        is_of: Flags = self.merchant == merchant
        return is_of


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
