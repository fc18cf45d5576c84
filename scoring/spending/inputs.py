"""Build the SQL of the columns that a forecast reads, and a model's matrix of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from psycopg import sql

from features.platform.arrays import Columns, Matrix
from features.views import CUSTOMERS as VIEW
from features.views.digests import feature_digest
from features.views.numbers import as_number

KEYS = ("card_customer_night_id", "version", "customer_id", "day_at")
#: Past spending by category, beside the features: it splits a forecast and changes no total.
CATEGORIES = "category_spend_90d"
INPUT_TYPES: dict[str, pa.DataType] = {
    "card_customer_night_id": pa.string(),
    "version": pa.int32(),
    "customer_id": pa.string(),
    "day_at": pa.timestamp("us", tz="UTC"),
    "revision": pa.int32(),
    "feature_sha256": pa.string(),
    CATEGORIES: pa.string(),
    **dict.fromkeys(VIEW.columns, pa.float64()),
}


def input_columns(revision: str, _: str) -> sql.Composable:
    """Return the SQL of the columns of `INPUT_TYPES`; the feature table is `features`.

    Args:
        revision: the table of the query with the revision.
        _: the table with columns that are no features; the feature table holds them all.
    """
    keys = [sql.Identifier("features", name) for name in KEYS]
    return sql.SQL("{}, {}.revision, encode({}, 'hex'), {}, {}").format(
        sql.SQL(", ").join(keys),
        sql.Identifier(revision),
        feature_digest(VIEW, "features"),
        sql.Identifier("features", CATEGORIES),
        sql.SQL(", ").join(map(as_number, VIEW.features)),
    )


def matrix_of(columns: Columns, names: Sequence[str]) -> Matrix:
    """Return a model's matrix: [n, names], null is NaN."""
    return np.column_stack([columns[name].to_numpy(zero_copy_only=False) for name in names])
