"""Run a gate on a table: count, check, record, render, and stop the run on a critical failure."""

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

SHOWN = 5  # expectations that a message quotes; the page of the validation has all


class PageStore(Protocol):
    """The part of the object store that a gate needs for its pages."""

    def put(self, name: str, source: bytes) -> None:
        """Store an object atomically."""


class OpenGate:
    """A gate for many tables, with one connection and suites planned once.

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
        """Open the gate; it connects for its first table."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    def validate(self, suite: Suite, table: str, *, expected_rows: int, subject: str) -> Validation:
        """Validate a table by a suite; record the result in the audit and as a page.

        Args:
            suite: the suite.
            table: the per-run table with its schema, such as `landed.d_7f3a`.
            expected_rows: row count in the receipt of the step before.
            subject: the delivery or the run of the table.

        Returns:
            The validation, whose verdict is passed, warned or nothing_to_check.

        Raises:
            GateFailedError: a critical expectation does not hold; a retry does not help.
            GateUnavailableError: the gate could not read the table or record its result; retry.
        """
        started = time.perf_counter()
        try:
            connection = self._connected()
            validation = _judge(suite, table, expected_rows, subject, self._checker, connection)
            seconds = time.perf_counter() - started
            validation = _keep(validation, seconds, self._store, connection)
        except psycopg.Error as error:
            # the driver's text may quote rows, so the message has only its class and state
            raise GateUnavailableError(
                f"gate {suite.name} could not check {table} for {subject}: the warehouse answered "
                f"{type(error).__name__} (SQLSTATE {error.sqlstate or 'none'}). Next: check that "
                "Postgres runs and role score may log in; then retry the step."
            ) from None
        log.info("table_validated", table=table, **validation.as_dict())
        if validation.verdict is Verdict.FAILED:
            raise GateFailedError(validation)
        if validation.verdict is Verdict.COULD_NOT_CHECK:
            raise _unavailable(validation)
        return validation

    def passed(self, subjects: Sequence[str]) -> dict[str, Validation]:
        """Return the passed validations of these subjects, by checked table.

        Raises:
            GateUnavailableError: the audit cannot be read; retry.
        """
        try:
            return record.passed(subjects, self._connected())
        except psycopg.Error as error:
            raise GateUnavailableError(
                f"the gate could not read audit.validation_results: {type(error).__name__} "
                f"(SQLSTATE {error.sqlstate or 'none'}). Next: check that Postgres runs and role "
                "score may log in; then retry the step."
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
    """Validate one table, as `OpenGate.validate` does."""
    with OpenGate(url, store) as gate:
        return gate.validate(suite, table, expected_rows=expected_rows, subject=subject)


def _judge(
    suite: Suite,
    table: str,
    expected_rows: int,
    subject: str,
    table_checker: checker.Checker,
    connection: record.Connection,
) -> Validation:
    """Return the validation of a table; the cheapest check comes first."""
    at = record.clock(connection)
    rows: int | None = None
    try:
        shape = record.shape_of(table, connection)
        rows = shape.rows
        checks: tuple[Check, ...] = (_row_count(expected_rows, rows),)
        if rows == expected_rows and rows > 0:
            checks += table_checker.check(suite, table, shape, connection)
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
    """Store the page, then the audit row with the page's name."""
    name: str | None = page.name(validation)
    try:
        store.put(page.name(validation), page.render(validation))
    except Exception as error:  # noqa: BLE001 - the verdict is essential, its page is not
        log.warning(
            "validation_page_not_stored",
            validation_id=str(validation.validation_id),
            error=type(error).__name__,
        )
        name = None
    kept = replace(validation, report_name=name, seconds=seconds)
    record.write(kept, connection)
    return kept


def _row_count(expected: int, rows: int) -> Check:
    return Check(
        expectation="expect_receipt_row_count",
        column=None,
        words=f"the table holds the {expected:,} rows that the step before reported",
        why="Rows that are missing here were lost on the way; rows too many were doubled.",
        severity=Severity.CRITICAL,
        outcome=Outcome.HELD if expected == rows else Outcome.BROKEN,
        observed=float(rows),
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
    details = "; ".join(f"{check.words}: {check.detail}" for check in unknown[:SHOWN])
    details += f"; and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else ""
    return GateUnavailableError(
        f"gate {validation.suite} could not check {validation.table} for {validation.subject}: "
        f"{len(unknown)} of {len(validation.expectations)} expectations could not be computed: "
        f"{details}. This says nothing about the data. Next: retry the step; if it fails again, "
        "check that the table exists, that role score may read it and that its columns have the "
        f"types of the contract (validation {validation.validation_id}).",
        validation,
    )
