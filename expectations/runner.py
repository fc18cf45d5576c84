"""A gate, from receipt to verdict: count, check, record, render, and stop the run or not."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, Self
from uuid import uuid4

import psycopg
import structlog

from expectations import checker, page, record
from expectations.errors import GateFailedError, GateUnavailableError
from expectations.suites import Suite
from expectations.validation import Check, Outcome, Severity, Validation, Verdict, verdict_of

log = structlog.get_logger(__name__)


class PageStore(Protocol):
    """Where pages go: the part of the object store that a gate needs."""

    def put(self, name: str, source: bytes) -> None:
        """Store an object whole, or not at all."""


class OpenGate:
    """A gate that stays open over many tables: one connection, and suites worked out once.

    Args:
        url: SQLAlchemy URL of role `score`.
        store: the object store; pages go to `validations/<date>/<validation id>.html`.
    """

    def __init__(self, url: str, store: PageStore) -> None:
        self._url = url
        self._store = store
        self._checker = checker.Checker(url)
        self._connection: record.Connection | None = None

    def __enter__(self) -> Self:
        """Open the gate; it connects at its first table."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    def validate(self, suite: Suite, table: str, *, expected_rows: int, subject: str) -> Validation:
        """Put a table to its suite; record the answer in the audit and as a page.

        Args:
            suite: the suite.
            table: the per-run table with its schema, such as `landed.d_7f3a`.
            expected_rows: rows that the receipt of the step before names.
            subject: the delivery or the run that is checked.

        Returns:
            The validation, whose verdict is passed, warned or nothing_to_check.

        Raises:
            GateFailedError: a critical expectation does not hold; a retry would not help.
            GateUnavailableError: the gate could not look, or could not record what it saw; retry.
        """
        started = time.perf_counter()
        try:
            connection = self._connected()
            validation = _judge(suite, table, expected_rows, subject, self._checker, connection)
            seconds = time.perf_counter() - started
            validation = _keep(validation, seconds, self._store, connection)
        except psycopg.Error as error:
            # the driver's own text may quote rows; its class and state say enough
            raise GateUnavailableError(
                f"gate {suite.name} could not check {table} for {subject}: the warehouse answered "
                f"{type(error).__name__} (SQLSTATE {error.sqlstate or 'none'}). Next: see that "
                "Postgres runs and role score may log in; then let the step be tried again."
            ) from None
        log.info("table_validated", table=table, **validation.as_dict())
        if validation.verdict is Verdict.FAILED:
            raise GateFailedError(validation)
        if validation.verdict is Verdict.COULD_NOT_CHECK:
            raise _unavailable(validation)
        return validation

    def passed(self, subjects: Sequence[str]) -> dict[str, Validation]:
        """Return the validations of these subjects that passed, by the table that they checked.

        Raises:
            GateUnavailableError: the audit cannot be read; retry.
        """
        try:
            return record.passed(subjects, self._connected())
        except psycopg.Error as error:
            raise GateUnavailableError(
                f"the gate could not read audit.validation_results: {type(error).__name__} "
                f"(SQLSTATE {error.sqlstate or 'none'}). Next: see that Postgres runs and role "
                "score may log in; then let the step be tried again."
            ) from None

    def _connected(self) -> record.Connection:
        if self._connection is None or self._connection.closed:
            self._connection = record.connect(self._url)
        return self._connection


def validate(
    suite: Suite,
    table: str,
    *,
    expected_rows: int,
    subject: str,
    url: str,
    store: PageStore,
) -> Validation:
    """Put one table to its suite, as `OpenGate.validate` does."""
    with OpenGate(url, store) as gate:
        return gate.validate(suite, table, expected_rows=expected_rows, subject=subject)


def _judge(
    suite: Suite,
    table: str,
    expected_rows: int,
    subject: str,
    suites_over: checker.Checker,
    connection: record.Connection,
) -> Validation:
    """Return the answer, cheapest question first."""
    at = record.clock(connection)
    rows: int | None = None
    try:
        found = record.look(table, connection)
        rows = found.rows
        checks: tuple[Check, ...] = (_row_count(expected_rows, rows),)
        if rows == expected_rows and rows > 0:
            checks += suites_over.check(suite, table, found, connection)
    except psycopg.Error as error:
        checks = (_unreadable(type(error).__name__),)
    except checker.CouldNotCheckError as error:
        checks = (_unreadable(error.cause),)
    verdict = verdict_of(checks)
    if rows == expected_rows == 0:
        verdict = Verdict.NOTHING_TO_CHECK
    return Validation(uuid4(), suite.name, subject, table, verdict, expected_rows, rows, checks, at)


def _keep(
    validation: Validation, seconds: float, store: PageStore, connection: record.Connection
) -> Validation:
    """Store the page, then the audit row that names it."""
    name: str | None = page.name(validation)
    try:
        store.put(page.name(validation), page.render(validation))
    except Exception as error:  # noqa: BLE001 - the verdict counts; its page can be drawn again
        log.warning(
            "validation_page_not_stored",
            validation_id=str(validation.validation_id),
            error=type(error).__name__,
        )
        name = None
    kept = replace(validation, report_name=name, seconds=seconds)
    record.write(kept, connection)
    return kept


def _row_count(expected: int, found: int) -> Check:
    return Check(
        expectation="expect_receipt_row_count",
        column=None,
        words=f"the table holds the {expected:,} rows that the step before reported",
        why="Rows that are missing here were lost on the way; rows too many were doubled.",
        severity=Severity.CRITICAL,
        outcome=Outcome.HELD if expected == found else Outcome.BROKEN,
        observed=float(found),
    )


def _unreadable(cause: str) -> Check:
    return Check(
        expectation="expect_table_to_be_readable",
        column=None,
        words="the table can be read",
        why="A table that nobody can look at is neither good nor bad.",
        severity=Severity.CRITICAL,
        outcome=Outcome.UNKNOWN,
        detail=f"could not be read ({cause})",
    )


def _unavailable(validation: Validation) -> GateUnavailableError:
    unknown = [c for c in validation.expectations if c.outcome is Outcome.UNKNOWN]
    found = "; ".join(f"{check.words}: {check.detail}" for check in unknown)
    return GateUnavailableError(
        f"gate {validation.suite} could not check {validation.table} for {validation.subject}: "
        f"{len(unknown)} of {len(validation.expectations)} expectations could not be computed: "
        f"{found}. This says nothing about the data. Next: let the step be tried again; if it "
        "stays, see that the table exists, that role score may read it and that its columns have "
        f"the types of the contract (validation {validation.validation_id}).",
        validation,
    )
