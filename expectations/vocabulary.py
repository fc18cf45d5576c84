"""Define the expectations of the suites: those of Great Expectations, with counts and words only.

They differ from the originals in two ways. First, they never fetch a row. The metric
`unexpected_values` needs one more scan per expectation and puts row values into the result, so it
is dropped; one scan computes all counts of a suite. Second, each expectation describes itself in
words, for the page and for errors. This module omits three kinds: regular expressions are too slow,
quantiles crash the validation in this version, and primary keys check uniqueness.
"""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

import great_expectations.expectations as gxe
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import (
    ColumnAggregateExpectation,
    ColumnMapExpectation,
)
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.expectations.metrics.column_aggregate_metric_provider import (
    ColumnAggregateMetricProvider,
    column_aggregate_partial,
)
from great_expectations.expectations.metrics.map_metric_provider import (
    ColumnMapMetricProvider,
    column_condition_partial,
)
from great_expectations.expectations.row_conditions import ComparisonCondition
from great_expectations.validator.validator import ValidationDependencies
from sqlalchemy import (
    ColumnElement,
    Double,
    all_,
    and_,
    case,
    distinct,
    false,
    func,
    literal,
)
from sqlalchemy import column as any_column

_ExpectNotInSet = gxe.ExpectColumnValuesToNotBeInSet

# Postgres orders NaN above every number, so only an upper bound rejects NaN and infinity.
FINITE = 1e308


class Sentence(Protocol):
    """An expectation that describes itself in words; all expectations of this module do."""

    id: str | None
    notes: str | list[str] | None
    severity: FailureSeverity
    expectation_type: ClassVar[str]

    def words(self) -> str:
        """Return the expectation in words."""


class _CountsOnly:
    """Count the rows that break the expectation, and fetch no row."""

    def get_validation_dependencies(
        self, *args: object, **kwargs: object
    ) -> ValidationDependencies:
        dependencies = super().get_validation_dependencies(*args, **kwargs)  # type: ignore[misc]
        metric = f"{self.map_metric}.unexpected_values"  # type: ignore[attr-defined]
        dependencies.remove_metric_configuration(metric)
        return dependencies

    def _tail(self) -> str:
        """Return the words for the tolerated share and for the row condition."""
        mostly = float(getattr(self, "mostly", 1))
        share = "" if mostly >= 1 else f" in at least {mostly:.4g} of the rows"
        condition = getattr(self, "row_condition", None)
        return share + (f" where {_condition_words(condition)}" if condition is not None else "")


class ExpectValuesPresent(_CountsOnly, gxe.ExpectColumnValuesToNotBeNull):  # type: ignore[misc]
    """The column has a value."""

    def words(self) -> str:
        """Return the expectation in words."""
        return f"{self.column} has a value{self._tail()}"


class ExpectValuesWithin(_CountsOnly, gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """The column lies within bounds, both included; an upper bound also rejects NaN."""

    def words(self) -> str:
        """Return the expectation in words."""
        if self.max_value == FINITE:
            lower = "" if self.min_value == -FINITE else f", at least {self.min_value}"
            return f"{self.column} is a finite number{lower}{self._tail()}"
        return f"{self.column} lies within {self.min_value} and {self.max_value}{self._tail()}"


class ExpectValuesAmong(_CountsOnly, gxe.ExpectColumnValuesToBeInSet):  # type: ignore[misc]
    """The column holds one of the named values."""

    def words(self) -> str:
        """Return the expectation in words."""
        return f"{self.column} is {' or '.join(map(_say, self.value_set))}{self._tail()}"


class ExpectValuesNotAmong(_CountsOnly, _ExpectNotInSet):  # type: ignore[misc,valid-type]
    """The column holds none of the named values."""

    def words(self) -> str:
        """Return the expectation in words."""
        return f"{self.column} is not {' nor '.join(map(_say, self.value_set))}{self._tail()}"


class ExpectTextNotBlank(_CountsOnly, gxe.ExpectColumnValueLengthsToBeBetween):  # type: ignore[misc]
    """The text has at least one character."""

    min_value: int = 1

    def words(self) -> str:
        """Return the expectation in words."""
        return f"{self.column} is not blank{self._tail()}"


class ExpectSpread(gxe.ExpectColumnStdevToBeBetween):  # type: ignore[misc]
    """The column varies: its standard deviation is at least `min_value`."""

    def words(self) -> str:
        """Return the expectation in words."""
        return f"{self.column} varies, with a standard deviation of at least {self.min_value:g}"


class ExpectColumns(gxe.ExpectTableColumnsToMatchSet):  # type: ignore[misc]
    """The table has the named columns; more are allowed."""

    exact_match: bool = False

    def words(self) -> str:
        """Return the expectation in words."""
        return f"the table has all {len(self.column_set)} columns of its contract"


class _ListLengths(ColumnMapMetricProvider):  # type: ignore[misc]
    """Whether a JSON list has `min_value` to `max_value` items; another value counts as empty."""

    condition_metric_name = "column_values.list_length_between"
    condition_value_keys = ("min_value", "max_value")

    @column_condition_partial(engine=SqlAlchemyExecutionEngine)  # type: ignore[untyped-decorator]
    def _sqlalchemy(
        cls,  # noqa: N805 - the decorator makes it a class method
        column: ColumnElement[Any],
        min_value: int,
        max_value: int,
        **_: object,
    ) -> ColumnElement[bool]:
        is_list = func.jsonb_typeof(column) == "array"
        length = case((is_list, func.jsonb_array_length(column)), else_=0)
        return length.between(min_value, max_value)


class ExpectListLengths(_CountsOnly, ColumnMapExpectation):  # type: ignore[misc]
    """The JSON list in the column has between `min_value` and `max_value` items."""

    min_value: int
    max_value: int

    map_metric: ClassVar[str] = "column_values.list_length_between"
    success_keys: ClassVar[tuple[str, ...]] = ("mostly", "min_value", "max_value")

    def words(self) -> str:
        """Return the expectation in words."""
        return f"{self.column} lists {self.min_value} to {self.max_value} items{self._tail()}"


class _NumbersWithin(ColumnMapMetricProvider):  # type: ignore[misc]
    """Whether an array has `length` numbers, each within bounds; an upper bound rejects NaN."""

    condition_metric_name = "column_values.numbers_within"
    condition_value_keys = ("length", "min_value", "max_value")

    @column_condition_partial(engine=SqlAlchemyExecutionEngine)  # type: ignore[untyped-decorator]
    def _sqlalchemy(
        cls,  # noqa: N805 - the decorator makes it a class method
        column: ColumnElement[Any],
        length: int,
        min_value: float,
        max_value: float,
        **_: object,
    ) -> ColumnElement[bool]:
        are_within = and_(
            func.cardinality(column) == length,
            literal(min_value, Double) <= all_(column),
            literal(max_value, Double) >= all_(column),
        )
        return func.coalesce(are_within, false())  # a null among the numbers decides nothing


class ExpectNumbersWithin(_CountsOnly, ColumnMapExpectation):  # type: ignore[misc]
    """The array in the column has `length` numbers within bounds, both included."""

    length: int
    min_value: float
    max_value: float

    map_metric: ClassVar[str] = "column_values.numbers_within"
    success_keys: ClassVar[tuple[str, ...]] = ("mostly", "length", "min_value", "max_value")

    def words(self) -> str:
        """Return the expectation in words."""
        return (
            f"{self.column} lists {self.length} numbers within {self.min_value:g} and "
            f"{self.max_value:g}{self._tail()}"
        )


class _GroupsWithoutRows(ColumnAggregateMetricProvider):  # type: ignore[misc]
    """The number of groups that name a level in another column and have no row with it."""

    metric_name = "column.groups_without_rows"
    value_keys = ("level", "beside", "group")

    @column_aggregate_partial(engine=SqlAlchemyExecutionEngine)  # type: ignore[untyped-decorator]
    def _sqlalchemy(
        cls,  # noqa: N805 - the decorator makes it a class method
        column: ColumnElement[Any],
        level: str,
        beside: str,
        group: str,
        **_: object,
    ) -> ColumnElement[int]:
        groups: ColumnElement[Any] = func.count(distinct(any_column(group)))
        named = groups.filter(any_column(beside) == level)
        held = groups.filter(column == level)
        return func.greatest(named - held, 0)


class ExpectLevelHeld(ColumnAggregateExpectation):  # type: ignore[misc]
    """Every group that names the level in the column `beside` has rows of that level."""

    level: str
    beside: str
    group: str
    min_value: float = 0
    max_value: float = 0

    metric_dependencies: ClassVar[tuple[str, ...]] = ("column.groups_without_rows",)
    success_keys: ClassVar[tuple[str, ...]] = (
        *("level", "beside", "group", "min_value", "max_value"),
    )

    def words(self) -> str:
        """Return the expectation in words."""
        return f"{self.column} {self.level} has rows wherever {self.beside} names it"

    def _validate(self, metrics: Any, runtime_configuration: Any, execution_engine: Any) -> Any:  # noqa: ANN401 - of the library
        return self._validate_metric_value_between(
            metric_name="column.groups_without_rows",
            metrics=metrics,
            runtime_configuration=runtime_configuration,
            execution_engine=execution_engine,
        )


def _say(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _condition_words(condition: ComparisonCondition) -> str:
    return f"{condition.column.name} {condition.operator} {_say(condition.parameter)}"
