"""Name and look at tables that may not exist."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg import sql

from features.platform.database import certain


def named(table: str) -> sql.Identifier:
    """Return a qualified name, such as `raw.transactions`, quoted."""
    return sql.Identifier(*table.split("."))


def further(expressions: Iterable[sql.Composable]) -> sql.Composed:
    """Return expressions that follow others in a list, which may be none."""
    return sql.SQL("").join(sql.SQL(", {}").format(expression) for expression in expressions)


def holds_rows(connection: psycopg.Connection[Any], table: str) -> bool:
    """Return whether a table exists and has rows.

    Args:
        connection: of any role that may read the table.
        table: the qualified name, without quotes.
    """
    # without the seam: a caller handles the driver's error over a table that is dropped meanwhile
    row = connection.execute("select to_regclass(%s) is not null", (table,)).fetchone()
    (exists,) = certain(f"look for {table}", row)
    if not exists:
        return False
    query = sql.SQL("select exists (select from {})").format(named(table))
    (is_filled,) = certain(f"look for rows of {table}", connection.execute(query).fetchone())
    return bool(is_filled)
