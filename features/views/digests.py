"""Builds the digest of a feature row: two rows share a digest only if all their bits are equal."""

from __future__ import annotations

from psycopg import sql

from features.views import FeatureView


def feature_digest(view: FeatureView, row: str | None = None) -> sql.Composable:
    """Return the SQL of a feature row's SHA-256.

    The digest covers the binary form (`record_send`) of key and features in the view's order.

    Args:
        view: the columns and their order.
        row: the name of the feature table in the query; None if no other table has such columns.
    """
    names = (view.entity, "version", *view.columns)
    columns = sql.SQL(", ").join(
        sql.Identifier(row, name) if row else sql.Identifier(name) for name in names
    )
    return sql.SQL("sha256(record_send(row({})))").format(columns)
