"""Compile a validated suite into one query, for further tables of the same columns.

Great Expectations needs a third of a second per suite, even for a table with few rows. It plans the
suite's aggregates anew each time, but tables of the same columns need the same aggregates. This
module takes the aggregates from a finished validation and computes them in one query per further
table. The expectations then evaluate the figures, with the same verdict as a full validation.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from great_expectations.core import ExpectationValidationResult
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.validator.metric_configuration import MetricConfiguration
from psycopg import sql
from sqlalchemy import select
from sqlalchemy import table as any_table

from expectations.record import Connection
from features.platform import database

_TABLE = "checked_table"  # placeholder for the table's name in the query


@dataclass(frozen=True, slots=True)
class _Judge:
    """An expectation and the positions of its metrics.

    Args:
        position: of the expectation in its suite.
        expectation: as Great Expectations evaluates it.
        places: positions of its metrics in the row of aggregates, by name.
        constants: metrics that tables of the same columns share, by name.
    """

    position: int
    expectation: Any
    places: Mapping[str, int]
    constants: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CompiledSuite:
    """A suite for all tables of the same columns.

    Args:
        query: computes every aggregate of the suite over `checked_table`.
        values: the bounds in the query.
        judges: the expectations of the suite.
        engine: gives the kind of database to an expectation; it is not connected.
        result_format: level of detail of the results.
    """

    query: str
    values: Mapping[str, Any]
    judges: tuple[_Judge, ...]
    engine: SqlAlchemyExecutionEngine
    result_format: Mapping[str, Any]

    def answer(self, table: str, connection: Connection) -> dict[int, Mapping[str, Any]]:
        """Return success and result of each expectation, by its position in the suite.

        Raises:
            psycopg.Error: an aggregate cannot be computed.
        """
        name = sql.Identifier(*table.split(".", 1)).as_string(connection)
        query = self.query.replace(f"FROM {_TABLE}", f"FROM {name}")
        row = database.certain(
            f"compute the aggregates of {table}",
            connection.execute(query.encode(), self.values).fetchone(),
        )
        figures = [_plain(value) for value in row]
        runtime = {"result_format": dict(self.result_format)}
        answers = {}
        for judge in self.judges:
            metrics = {name: figures[place] for name, place in judge.places.items()}
            metrics |= judge.constants
            # every custom expectation of the library defines this method
            answers[judge.position] = judge.expectation._validate(metrics, runtime, self.engine)
        return answers


def compile_suite(
    results: Iterable[ExpectationValidationResult],
    engine: SqlAlchemyExecutionEngine,
    result_format: Mapping[str, Any],
) -> CompiledSuite | None:
    """Compile a suite from a validation of one table.

    Args:
        results: of the validation; the id of each result is the position of its expectation.
        engine: the engine of the validation; it holds the metrics of this validation only.
        result_format: of the validation.

    Returns:
        None if a metric could not be computed, or is not an aggregate over all rows.
    """
    known = engine._metric_cache
    aggregates: dict[Any, Any] = {}
    judges = []
    for result in results:
        expectation = result.expectation_config.to_domain_obj()
        needed = expectation.get_validation_dependencies(
            engine, {"result_format": dict(result_format)}
        ).metric_configurations
        places, constants = {}, {}
        for name, metric in needed.items():
            partial = _metric_id(metric, f"{metric.metric_name}.aggregate_fn")
            if name == "table.columns" and metric.id in known:
                constants[name] = known[metric.id]
            elif partial in known and known[partial][1].get("row_condition") is None:
                aggregates.setdefault(metric.id, known[partial][0])
                places[name] = list(aggregates).index(metric.id)
            else:
                return None
        judges.append(_Judge(int(result.expectation_config.id), expectation, places, constants))
    if not aggregates:
        return None
    columns = (
        aggregate.label(f"aggregate_{place}") for place, aggregate in enumerate(aggregates.values())
    )
    statement = select(*columns).select_from(any_table(_TABLE))
    compiled = statement.compile(
        dialect=engine.engine.dialect, compile_kwargs={"render_postcompile": True}
    )
    return CompiledSuite(str(compiled), compiled.params, tuple(judges), engine, result_format)


def _metric_id(metric: MetricConfiguration, name: str) -> Any:  # noqa: ANN401 - of the library
    renamed = MetricConfiguration(name, metric.metric_domain_kwargs, metric.metric_value_kwargs)
    return renamed.id


def _plain(value: Any) -> Any:  # noqa: ANN401 - any aggregate
    """Convert a value of the database as Great Expectations does."""
    number = float(value) if isinstance(value, Decimal) else value
    return None if isinstance(number, float) and math.isnan(number) else number
