"""Open connections to the warehouse and run named statements: the one seam to Postgres.

A statement carries a short name, such as "count claimed rows". An error shows this name, the class
of the driver's error and its SQLSTATE. It never shows the driver's message, because that message
quotes rows. A place that handles one error class of the driver by itself uses
`connection.execute`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg.abc import Params, QueryNoTemplate

from features.platform.errors import (
    ContractError,
    StatementError,
    WarehouseUnavailableError,
)
from features.platform.settings import Role, Warehouse

Row = TypeVar("Row")
Session = psycopg.Connection[Row] | psycopg.Cursor[Row]

# SQLSTATE classes of a connection that is lost: connection exceptions, and operator intervention
# that ends the session (a restart, a crash, a dropped database)
_LOST = ("08", "57P")
# 42: undefined or forbidden objects and syntax; the message names tables and columns, never values
_NAMES_OBJECTS = "42"


def connect(
    warehouse: Warehouse, role: Role, *, autocommit: bool = True
) -> psycopg.Connection[tuple[Any, ...]]:
    """Open a connection of one login role.

    Raises:
        ConfigurationError: the password of this role is not set.
        WarehouseUnavailableError: the server does not answer, or refuses the session.
    """
    conninfo = warehouse.conninfo(role)
    try:
        return psycopg.connect(conninfo, autocommit=autocommit)
    except psycopg.OperationalError as error:
        raise WarehouseUnavailableError(
            f"the warehouse at {warehouse.host}:{warehouse.port} gives role {role!r} no session: "
            f"{' '.join(str(error).split())}; start it with `make up`, or try again later"
        ) from None


def fetch_one(
    session: Session[Row], name: str, statement: QueryNoTemplate, values: Params | None = None
) -> Row:
    """Return the first row of a statement that has one for certain.

    Raises:
        ContractError: the statement has no row.
        StatementError: Postgres refuses the statement.
        WarehouseUnavailableError: the server went away.
    """
    return certain(name, fetch_optional(session, name, statement, values))


def certain(name: str, row: Row | None) -> Row:
    """Return the row of a statement that has one for certain.

    For callers that handle the driver's errors by their class and so run the statement themselves.

    Raises:
        ContractError: the statement has no row.
    """
    if row is None:
        raise ContractError(f"{name}: the statement has no row, and one row is certain")
    return row


def fetch_optional(
    session: Session[Row], name: str, statement: QueryNoTemplate, values: Params | None = None
) -> Row | None:
    """Return the first row of a statement, or None if it has no row.

    Raises:
        StatementError: Postgres refuses the statement.
        WarehouseUnavailableError: the server went away.
    """
    with named(name):
        return session.execute(statement, values).fetchone()


def fetch_all(
    session: Session[Row], name: str, statement: QueryNoTemplate, values: Params | None = None
) -> list[Row]:
    """Return all rows of a statement, in memory.

    Raises:
        StatementError: Postgres refuses the statement.
        WarehouseUnavailableError: the server went away.
    """
    with named(name):
        return session.execute(statement, values).fetchall()


def relation_exists(connection: psycopg.Connection[Any], relation: str) -> bool:
    """Return whether a table or a view exists.

    Args:
        connection: of any role.
        relation: the qualified name, without quotes.

    Raises:
        StatementError: the text is not a name.
        WarehouseUnavailableError: the server went away.
    """
    (exists,) = fetch_one(
        connection.cursor(row_factory=psycopg.rows.tuple_row),
        f"look for {relation}",
        "select to_regclass(%s) is not null",
        (relation,),
    )
    return bool(exists)


@contextmanager
def named(name: str) -> Iterator[None]:
    """Give the errors of the statements inside a name, and take row values out of them.

    Raises:
        StatementError: Postgres refuses a statement.
        WarehouseUnavailableError: the server went away.
    """
    try:
        yield
    except psycopg.Error as error:
        # from None: the driver's DETAIL holds row values
        raise _failure(name, error) from None


def described(error: psycopg.Error) -> str:
    """Return class, SQLSTATE and, if known, the constraint or column of an error; no row value."""
    place = error.diag.constraint_name or error.diag.column_name
    return f"{type(error).__name__} (SQLSTATE {error.sqlstate}{f', {place}' if place else ''})"


def is_lost(error: psycopg.Error) -> bool:
    """Return whether an error says that the connection to the server is lost."""
    if not isinstance(error, psycopg.OperationalError):
        return False
    # without a SQLSTATE the driver itself found the connection closed
    return error.sqlstate is None or error.sqlstate.startswith(_LOST)


def _failure(name: str, error: psycopg.Error) -> StatementError | WarehouseUnavailableError:
    if is_lost(error):
        return WarehouseUnavailableError(
            f"{name}: the connection to the warehouse is lost ({described(error)}); "
            "the same step works at a retry"
        )
    detail = described(error)
    if (error.sqlstate or "").startswith(_NAMES_OBJECTS):
        detail = f"{detail}: {error.diag.message_primary}"
    return StatementError(name, error.sqlstate, type(error).__name__, detail)
