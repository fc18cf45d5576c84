"""Builds the SQL of a customer night's columns, and a model's matrix of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from psycopg import sql

from features.platform.arrays import Matrix
from features.views import CUSTOMER_NIGHTS as VIEW
from features.views.digests import feature_digest
from features.views.numbers import as_number

KEYS = ("customer_night_id", "version", "merchant_id", "customer_id", "day_at")
INPUT_TYPES: dict[str, pa.DataType] = {
    "customer_night_id": pa.string(),
    "version": pa.int32(),
    "merchant_id": pa.string(),
    "customer_id": pa.string(),
    "day_at": pa.timestamp("us", tz="UTC"),
    "revision": pa.int32(),
    "feature_sha256": pa.string(),
    **dict.fromkeys(VIEW.columns, pa.float64()),
}


def input_columns(revision: str, _: str) -> sql.Composable:
    """Return the SQL of the columns of `INPUT_TYPES`; the feature table is `features`.

    Args:
        revision: the table of the query with the revision.
    """
    return sql.SQL("{}, {}.revision, encode({}, 'hex'), {}").format(
        sql.SQL(", ").join(sql.Identifier("features", name) for name in KEYS),
        sql.Identifier(revision),
        feature_digest(VIEW, "features"),
        sql.SQL(", ").join(map(as_number, VIEW.features)),
    )


def matrix_of(columns: Mapping[str, pa.Array], names: Sequence[str]) -> Matrix:
    """Return the columns as a matrix: [n, names], null is NaN."""
    return np.column_stack([columns[name].to_numpy(zero_copy_only=False) for name in names])
