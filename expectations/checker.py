"""The one place that runs Great Expectations: suite and table in, checks without row values out.

What leaves this module is a whitelist of figures. Great Expectations puts values of rows into
results and into the texts of its errors; of both, only counts and names of error classes go on.
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
    """Great Expectations could not look at the table at all.

    Args:
        cause: names of error classes; never a text of the driver, which may quote rows.
    """

    def __init__(self, cause: str) -> None:
        self.cause = cause
        super().__init__(cause)


class Checker:
    """Puts tables to suites; what it works out for one table serves all of the same columns.

    Args:
        url: SQLAlchemy URL of a role that may read the tables.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._first: dict[Hashable, _Run] = {}
        self._compiled: dict[Hashable, CompiledSuite | None] = {}

    def check(
        self, suite: Suite, table: str, found: record.Found, connection: record.Connection
    ) -> tuple[Check, ...]:
        """Validate a table that exists and has rows.

        Args:
            suite: the suite.
            table: name with its schema.
            found: its rows and its columns.
            connection: of the role of the URL; every statement commits by itself.

        Raises:
            CouldNotCheckError: the table cannot be looked at.
        """
        # A missing column is one broken expectation, not one error for each that speaks of it.
        answerable = [
            expectation
            for expectation in suite.load(found.rows).expectations
            if getattr(expectation, "column", None) in {*found.columns, None}
        ]
        alike = (suite, found.columns, found.types, str([one.dict() for one in answerable]))
        compiled = self._compile(alike)
        if compiled is not None:
            with suppress(psycopg.Error):  # the long way finds out which metric it is
                answers = compiled.answer(table, connection)
                return tuple(
                    _read(expectation, answers[position]["success"], answers[position]["result"])
                    for position, expectation in enumerate(answerable)
                )
        run = _run(suite.name, answerable, table, self._url)
        if alike not in self._compiled:
            self._first[alike] = run
        return _read_all(answerable, run)

    def _compile(self, alike: Hashable) -> CompiledSuite | None:
        """Compile a suite at the second table of the same columns: the first may be the last."""
        first = self._first.pop(alike, None)
        if first is not None:
            from expectations.compiled import compile_suite

            is_complete = not any(_trouble(result) for result in first.results)
            self._compiled[alike] = (
                compile_suite(first.results, first.engine, _RESULT_FORMAT) if is_complete else None
            )
        return self._compiled.get(alike)


@dataclass(frozen=True, slots=True)
class _Run:
    """One validation by Great Expectations, and the engine that has computed it."""

    results: list[ExpectationValidationResult]
    engine: SqlAlchemyExecutionEngine


def _run(suite: str, expectations: list[Any], table: str, url: str) -> _Run:
    """Let Great Expectations compute a suite over a table.

    Raises:
        CouldNotCheckError: the table cannot be looked at.
    """
    # This version sends nothing home, but reads the switch where a later one would; it is the
    # library's own, not a setting of ours, and must stand before the import.
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
        asked = gx.ExpectationSuite(name=suite, expectations=expectations)
        for position, expectation in enumerate(asked.expectations):
            expectation.id = str(position)  # results come back in another order
        results = list(batch.validate(asked, result_format=_RESULT_FORMAT).results)
        return _Run(results, source.get_execution_engine())
    except (TestConnectionError, GreatExpectationsError, SQLAlchemyError) as error:
        raise CouldNotCheckError(type(error).__name__) from None
    finally:
        source.get_engine().dispose()


def _quoted(url: str) -> str:
    """Quote every sign of the password: a bare `$` would be taken for a variable to fill in."""
    parts = urlsplit(url)
    who = f"{quote(unquote(parts.username or ''), '')}:{quote(unquote(parts.password or ''), '')}"
    return urlunsplit(parts._replace(netloc=f"{who}@{parts.netloc.rpartition('@')[2]}"))


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
    """Turn a result into a check, keeping figures only."""
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
        # None for no rows at all: a sum over nothing
        unexpected=(_whole(figures.get("unexpected_count")) or 0) if rows is not None else None,
        observed=_number(figures.get("observed_value")),
        detail=trouble or _missing_columns(figures),
    )


def _trouble(result: ExpectationValidationResult) -> str | None:
    """Return why the metrics of an expectation could not be computed, or None where they were.

    Such a result looks exactly like bad data (`success` is false), but for its `exception_info`.
    """
    found = result.exception_info or {}
    errors = [e for e in found.values() if isinstance(e, Mapping) and e.get("raised_exception")]
    if found.get("raised_exception") is True:
        errors.append(found)
    if not errors and (result.success or result.result):
        return None
    traces = "\n".join(str(error.get("exception_traceback")) for error in errors)
    names = sorted(set(_ERROR_CLASS.findall(traces)))
    return f"could not be computed ({', '.join(names) or 'no result'})"


def _missing_columns(figures: Mapping[str, Any]) -> str | None:
    """Return which columns of the contract a table lacks: names that the suite gave."""
    missing = figures.get("details", {}).get("mismatched", {}).get("missing", ())
    return f"missing: {', '.join(missing)}" if missing else None


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _number(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    # JSON has no NaN, and the verdict has said so already
    return float(value) if math.isfinite(value) else None
