"""Run a suite of Great Expectations over a table, and return checks without row values.

Only this module runs Great Expectations. The library puts row values into results and error texts.
This module passes on only a white list of figures: counts, aggregates and names of error classes.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import psycopg

from expectations import record
from expectations.suites import Suite
from expectations.validation import Check, Outcome, Severity

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine

    from expectations.compiled import CompiledSuite
    from expectations.vocabulary import Sentence

_RESULT_FORMAT = {
    "result_format": "BASIC",
    "exclude_unexpected_values": True,
    "partial_unexpected_count": 0,
}
# the last line of a traceback, "psycopg.errors.QueryCanceled: ...", up to the colon
_ERROR_CLASS = re.compile(r"^\(?(?:\w+\.)*([A-Z]\w+)\)?(?=:|$)", re.MULTILINE)


class CouldNotCheckError(Exception):
    """Great Expectations could not read the table.

    Args:
        cause: names of error classes; never a text of the driver, because it may quote rows.
    """

    def __init__(self, cause: str) -> None:
        self.cause = cause
        super().__init__(cause)


class Checker:
    """Check tables by suites; the plan for one table serves all tables of the same columns.

    Args:
        url: SQLAlchemy URL of a role that may read the tables.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._first: dict[Hashable, _Run] = {}
        self._compiled: dict[Hashable, CompiledSuite | None] = {}

    def check(
        self, suite: Suite, table: str, shape: record.TableShape, connection: record.Connection
    ) -> tuple[Check, ...]:
        """Validate a table that exists and has rows.

        Args:
            suite: the suite.
            table: name with its schema.
            shape: its rows and its columns.
            connection: of the role of the URL; every statement commits by itself.

        Raises:
            CouldNotCheckError: the table cannot be read.
        """
        # A missing column is one broken expectation, not one error per expectation on that column.
        answerable = [
            expectation
            for expectation in suite.load(shape.rows).expectations
            if getattr(expectation, "column", None) in {*shape.columns, None}
        ]
        terms = str([expectation.dict() for expectation in answerable])
        key = (suite, shape.columns, shape.types, terms)
        compiled = self._compile(key)
        if compiled is not None:
            with suppress(psycopg.Error):  # after an error, the full validation names the metric
                answers = compiled.answer(table, connection)
                return tuple(
                    _read(expectation, answers[position]["success"], answers[position]["result"])
                    for position, expectation in enumerate(answerable)
                )
        run = _run(suite.name, answerable, table, self._url)
        if key not in self._compiled:
            self._first[key] = run
        return _read_all(answerable, run)

    def _compile(self, key: Hashable) -> CompiledSuite | None:
        """Compile a suite for the second table of the same columns; one table does not pay."""
        first = self._first.pop(key, None)
        if first is not None:
            from expectations.compiled import compile_suite

            is_complete = not any(_trouble(result) for result in first.results)
            self._compiled[key] = (
                compile_suite(first.results, first.engine, _RESULT_FORMAT) if is_complete else None
            )
        return self._compiled.get(key)


@dataclass(frozen=True, slots=True)
class _Run:
    """One validation by Great Expectations, and the engine that computed it."""

    results: list[ExpectationValidationResult]
    engine: SqlAlchemyExecutionEngine


def _run(suite: str, expectations: list[Any], table: str, url: str) -> _Run:
    """Let Great Expectations compute a suite over a table.

    Raises:
        CouldNotCheckError: the table cannot be read.
    """
    # This version sends no analytics, but a later version may. The variable belongs to the library
    # and must be set before the import.
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # noqa: TID251
    import great_expectations as gx
    from great_expectations.datasource.fluent.interfaces import TestConnectionError
    from great_expectations.exceptions import GreatExpectationsError
    from sqlalchemy.exc import SQLAlchemyError

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_postgres("warehouse", connection_string=_quoted(url))
    try:
        schema, _, name = table.partition(".")
        asset = source.add_table_asset(table, table_name=name, schema_name=schema)
        batch = asset.add_batch_definition_whole_table(table).get_batch()
        gx_suite = gx.ExpectationSuite(name=suite, expectations=expectations)
        for position, expectation in enumerate(gx_suite.expectations):
            expectation.id = str(position)  # the results have another order
        results = list(batch.validate(gx_suite, result_format=_RESULT_FORMAT).results)
        return _Run(results, source.get_execution_engine())
    except (TestConnectionError, GreatExpectationsError, SQLAlchemyError) as error:
        raise CouldNotCheckError(type(error).__name__) from None
    finally:
        source.get_engine().dispose()


def _quoted(url: str) -> str:
    """Quote every character of user and password; the library substitutes a plain `$name`."""
    parts = urlsplit(url)
    login = f"{quote(unquote(parts.username or ''), '')}:{quote(unquote(parts.password or ''), '')}"
    return urlunsplit(parts._replace(netloc=f"{login}@{parts.netloc.rpartition('@')[2]}"))


def _read_all(expectations: list[Any], run: _Run) -> tuple[Check, ...]:
    results = {int(result.expectation_config.id): result for result in run.results}
    return tuple(
        _read(expectation, results[at].success, results[at].result or {}, _trouble(results[at]))
        for at, expectation in enumerate(expectations)
    )


def _read(
    expectation: Sentence,
    success: bool | None,
    figures: Mapping[str, Any],
    trouble: str | None = None,
) -> Check:
    """Return a result as a check that holds figures only."""
    outcome = Outcome.HELD if success else Outcome.BROKEN
    rows = _whole(figures.get("element_count"))
    return Check(
        expectation=expectation.expectation_type,
        column=getattr(expectation, "column", None),
        words=expectation.words(),
        why=str(expectation.notes or ""),
        severity=Severity(expectation.severity.value),
        outcome=Outcome.UNKNOWN if trouble else outcome,
        rows=rows,
        missing=_whole(figures.get("missing_count")),
        # a sum over zero rows is None
        unexpected=(_whole(figures.get("unexpected_count")) or 0) if rows is not None else None,
        observed=_number(figures.get("observed_value")),
        detail=trouble or _missing_columns(figures),
    )


def _trouble(result: ExpectationValidationResult) -> str | None:
    """Return why the metrics of an expectation could not be computed, or None if they were.

    Such a result looks like bad data (`success` is false); only its `exception_info` differs.
    """
    info = result.exception_info or {}
    errors = [e for e in info.values() if isinstance(e, Mapping) and e.get("raised_exception")]
    if info.get("raised_exception") is True:
        errors.append(info)
    if not errors and (result.success or result.result):
        return None
    traces = "\n".join(str(error.get("exception_traceback")) for error in errors)
    names = sorted(set(_ERROR_CLASS.findall(traces)))
    return f"could not be computed ({', '.join(names) or 'no result'})"


def _missing_columns(figures: Mapping[str, Any]) -> str | None:
    """Return the names of the suite's columns that the table lacks."""
    missing = figures.get("details", {}).get("mismatched", {}).get("missing", ())
    return f"missing: {', '.join(missing)}" if missing else None


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _number(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    # JSON has no NaN; the outcome already covers it
    return float(value) if math.isfinite(value) else None
