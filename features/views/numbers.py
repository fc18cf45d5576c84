"""Builds the SQL of features as the numbers of a matrix."""

from __future__ import annotations

from psycopg import sql

from features.views import Feature, Kind


def as_number(feature: Feature, table: str = "features") -> sql.Composed:
    """Return the SQL of a feature as a double precision number; a flag is 0 or 1.

    Args:
        feature: a number or a flag.
        table: the name of the feature table in the query.
    """
    form = "{}::int::float8" if feature.kind is Kind.FLAG else "{}::float8"
    return sql.SQL(form).format(sql.Identifier(table, feature.name))
