"""Read a table's shape before a validation, and write the audit row after it.

Both need only psycopg, so the gate answers an empty window in milliseconds. The import of Great
Expectations takes six seconds. Statements run without the names of `features.platform.database`: a
gate reads the class of the driver's error, and records it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from expectations.validation import Check, Outcome, Severity, Validation, Verdict
from features.platform import database

_VALIDATION = """
select
    validation_id, suite, subject, checked_table, verdict, rows_expected, rows_checked,
    expectations, validated_at, report
from audit.validation_results
"""

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class TableShape:
    """The row count of a table, and its columns with the OIDs of their types."""

    rows: int
    columns: tuple[str, ...]
    types: tuple[int, ...]


def connect(url: str) -> Connection:
    """Open a connection for an SQLAlchemy URL; every statement commits by itself.

    This function parses the URL: SQLAlchemy quotes a password in a way that libpq refuses.

    Raises:
        psycopg.Error: the database cannot be reached.
    """
    parts = urlsplit(url)
    return psycopg.connect(
        host=parts.hostname,
        port=parts.port or 5432,
        dbname=unquote(parts.path.removeprefix("/")),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        autocommit=True,
        **dict(parse_qsl(parts.query)),  # type: ignore[arg-type]  # sslmode and its like are text
    )


def clock(connection: Connection) -> datetime:
    """Return the time of the warehouse; all its rows use this clock.

    Raises:
        psycopg.Error: the database cannot be reached.
    """
    now: datetime
    (now,) = database.certain(
        "read the clock", connection.execute("select clock_timestamp()").fetchone()
    )
    return now


def shape_of(table: str, connection: Connection) -> TableShape:
    """Return the row count, columns and types of a table.

    Raises:
        psycopg.Error: the table does not exist, or this role may not read it.
    """
    name = sql.Identifier(*table.split(".", 1))
    query = sql.SQL("select * from {} limit 0").format(name)
    described = connection.execute(query).description or ()
    (rows,) = database.certain(
        f"count the rows of {table}",
        connection.execute(sql.SQL("select count(*) from {}").format(name)).fetchone(),
    )
    return TableShape(
        rows,
        tuple(column.name for column in described),
        tuple(column.type_code for column in described),
    )


def write(validation: Validation, connection: Connection) -> None:
    """Add a validation to the audit.

    Raises:
        psycopg.Error: the audit cannot be written.
    """
    connection.execute(
        "insert into audit.validation_results (validation_id, suite, subject, checked_table,"
        " verdict, rows_expected, rows_checked, expectations, report, validated_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            validation.validation_id,
            validation.suite,
            validation.subject,
            validation.table,
            validation.verdict.value,
            validation.rows_expected,
            validation.rows,
            Jsonb(validation.details()),
            validation.report_name,
            validation.validated_at,
        ),
    )


def read(validation_id: UUID, connection: Connection) -> Validation | None:
    """Return a validation from the audit, or None if the id is unknown.

    Raises:
        psycopg.Error: the audit cannot be read.
    """
    row = connection.execute(f"{_VALIDATION} where validation_id = %s", (validation_id,)).fetchone()
    return None if row is None else _validation(row)


def passed(subjects: Sequence[str], connection: Connection) -> dict[str, Validation]:
    """Return the newest validation of each table that passed with all its rows checked.

    Args:
        subjects: deliveries or runs.
        connection: of a role that may read the audit.

    Raises:
        psycopg.Error: the audit cannot be read.
    """
    rows = connection.execute(
        f"{_VALIDATION} where subject = any(%s) and verdict = any(%s) "
        "and rows_checked = rows_expected order by validated_at",
        (list(subjects), [Verdict.PASSED, Verdict.WARNED, Verdict.NOTHING_TO_CHECK]),
    )
    return {validation.table: validation for validation in map(_validation, rows)}


def _validation(row: tuple[Any, ...]) -> Validation:
    validation_id, suite, subject, table, verdict, expected, rows, checks, at, report = row
    return Validation(
        validation_id,
        suite,
        subject,
        table,
        Verdict(verdict),
        expected,
        rows,
        tuple(map(_check, checks)),
        at,
        report_name=report,
    )


def _check(stored: Mapping[str, Any]) -> Check:
    terms = {
        "severity": Severity(stored["severity"]),
        "outcome": Outcome(stored["outcome"]),
    }
    return Check(**{**stored, **terms})
