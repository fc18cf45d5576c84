"""The digest of a feature row: two rows have one digest exactly where all their bits are equal."""

from __future__ import annotations

from psycopg import sql

from features.views import FeatureView


def feature_digest(view: FeatureView, row: str | None = None) -> sql.Composable:
    """Return the SQL of a feature row's SHA-256.

    Over the binary form (`record_send`) of key and features in the view's order.

    Args:
        view: says which columns, in which order.
        row: the name that the feature table has in the query; may be left out where it is the only
            table with such columns.
    """
    names = (view.entity, "version", *view.columns)
    columns = sql.SQL(", ").join(
        sql.Identifier(row, name) if row else sql.Identifier(name) for name in names
    )
    return sql.SQL("sha256(record_send(row({})))").format(columns)
