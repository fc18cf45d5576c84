"""Builds the digest of a feature row: two rows share a digest only if all their bits are equal."""

from __future__ import annotations

from psycopg import sql

from features.views import BUILT_AS, FeatureView


def feature_digest(view: FeatureView, row: str | None = None) -> sql.Composable:
    """Return the SQL of a feature row's SHA-256.

    The digest covers the binary form (`record_send`) of key and features in the view's order, and
    of the other columns that a decision reads.

    Args:
        view: the columns and their order.
        row: the name of the feature table in the query; None if no other table has such columns.
    """
    names = (view.entity, "version", *view.columns, *view.used)
    columns = sql.SQL(", ").join(
        sql.Identifier(row, name) if row else sql.Identifier(name) for name in names
    )
    return sql.SQL("sha256(record_send(row({})))").format(columns)


def digest_as_built(view: FeatureView, row: str, built_as: str) -> sql.Composable:
    """Return the SQL of a row's SHA-256 over the features that its view had when it was built.

    Args:
        view: the columns and their order.
        row: the name of the feature table in the query.
        built_as: the name of the table whose rows name the version; may be another one.
    """
    if view.version == 1:
        return feature_digest(view, row)
    versions = sql.SQL(" ").join(
        sql.SQL("when {} then {}").format(
            sql.Literal(version), feature_digest(view.at(version), row)
        )
        for version in range(1, view.version + 1)
    )
    return sql.SQL("case coalesce({}, 1) {} end").format(
        sql.Identifier(built_as, BUILT_AS), versions
    )
