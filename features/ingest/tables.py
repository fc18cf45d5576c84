"""Name and look at tables that may not exist."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql


def named(table: str) -> sql.Identifier:
    """Return a qualified name, such as `raw.transactions`, quoted."""
    return sql.Identifier(*table.split("."))


def holds_rows(connection: psycopg.Connection[Any], table: str) -> bool:
    """Return whether a table exists and has rows.

    Args:
        connection: of any role that may read the table.
        table: the qualified name, without quotes.
    """
    exists = connection.execute("select to_regclass(%s) is not null", (table,)).fetchone()
    if not exists or not exists[0]:
        return False
    query = sql.SQL("select exists (select from {})").format(named(table))
    return bool((connection.execute(query).fetchone() or [False])[0])
