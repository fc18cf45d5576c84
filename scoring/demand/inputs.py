"""Name the columns of a series-night that the forecast of demand reads."""

from __future__ import annotations

from psycopg import sql

from features.views import DEMAND as VIEW
from scoring.models import feature_columns

KEYS = ("demand_night_id", "version", "merchant_id", "product_id", "channel", "day_at")
INPUT_TYPES = feature_columns.input_types(VIEW, KEYS)


def input_columns(revision: str, _: str) -> sql.Composable:
    """Return the SQL of the columns of `INPUT_TYPES`; the feature table is `features`.

    Args:
        revision: the table of the query with the revision.
        _: the table with columns that are no features; the feature table holds them all.
    """
    return feature_columns.input_columns(VIEW, KEYS, revision)
