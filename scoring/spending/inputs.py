"""Build the SQL of the columns that a forecast of spending reads."""

from __future__ import annotations

import pyarrow as pa
from psycopg import sql

from features.views import CUSTOMERS as VIEW
from scoring.models import feature_columns

KEYS = ("card_customer_night_id", "version", "customer_id", "day_at")
#: Past spending by category, beside the features: it splits a forecast and changes no total.
CATEGORIES = "category_spend_90d"
INPUT_TYPES = {**feature_columns.input_types(VIEW, KEYS), CATEGORIES: pa.string()}


def input_columns(revision: str, _: str) -> sql.Composable:
    """Return the SQL of the columns of `INPUT_TYPES`; the feature table is `features`.

    Args:
        revision: the table of the query with the revision.
        _: the table with columns that are no features; the feature table holds them all.
    """
    return sql.SQL("{}, {}").format(
        feature_columns.input_columns(VIEW, KEYS, revision), sql.Identifier("features", CATEGORIES)
    )
