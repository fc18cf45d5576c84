"""Read views in a session of a merchant."""

from __future__ import annotations

from typing import Any

import psycopg

from tests.conftest import PASSWORD, Db


def as_login(db: Db, login: str, query: str) -> list[tuple[Any, ...]]:
    """Run a query in a session of a login and return its rows."""
    warehouse = db.settings.warehouse
    with psycopg.connect(
        host=warehouse.host,
        port=warehouse.port,
        dbname=warehouse.database,
        user=login,
        password=PASSWORD,
    ) as connection:
        return connection.execute(query.encode()).fetchall()
