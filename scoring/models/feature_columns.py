"""Build the SQL and the matrix of the feature rows that a night's model reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from psycopg import sql

from features.platform.arrays import Matrix
from features.views import FeatureView
from features.views.digests import feature_digest
from features.views.numbers import as_number

_KEY_TYPES = {"version": pa.int32(), "day_at": pa.timestamp("us", tz="UTC")}


def input_types(view: FeatureView, keys: Sequence[str]) -> dict[str, pa.DataType]:
    """Return the Arrow types of the columns of `input_columns`.

    Args:
        view: the view; all features become numbers.
        keys: columns of the feature table that are no features: ids, `version` and `day_at`.
    """
    return {
        **{name: _KEY_TYPES.get(name, pa.string()) for name in keys},
        "revision": pa.int32(),
        "feature_sha256": pa.string(),
        **dict.fromkeys(view.columns, pa.float64()),
    }


def input_columns(view: FeatureView, keys: Sequence[str], revision: str) -> sql.Composable:
    """Return the SQL of keys, revision, digest and features; the feature table is `features`.

    Args:
        view: the view.
        keys: as for `input_types`.
        revision: the table of the query with the revision.
    """
    return sql.SQL("{}, {}.revision, encode({}, 'hex'), {}").format(
        sql.SQL(", ").join(sql.Identifier("features", name) for name in keys),
        sql.Identifier(revision),
        feature_digest(view, "features"),
        sql.SQL(", ").join(map(as_number, view.features)),
    )


def matrix_of(columns: Mapping[str, pa.Array], names: Sequence[str]) -> Matrix:
    """Return the columns as a matrix: [n, names], null is NaN."""
    return np.column_stack([columns[name].to_numpy(zero_copy_only=False) for name in names])
