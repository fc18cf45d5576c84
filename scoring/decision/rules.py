"""Conditions of policy rules: parsed, checked, and evaluated as SQL would, a column at a time.

A condition is a small part of SQL: comparisons, `and`, `or`, `not`, `in`, `between`, `is null`, and
arithmetic over declared columns and literals. It is parsed into a tree and never put into a query,
so a policy cannot reach anything but the columns that are given to it. Nulls follow SQL's
three-valued logic: a rule hits where its condition is true, not where it is unknown. A test holds
every condition equal to what Postgres answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlglot
from sqlglot import exp

from features.errors import ConfigurationError

MAX_LENGTH = 2_000
Columns = Mapping[str, pa.Array]

_BINARY: dict[type[exp.Expression], Callable[[Any, Any], Any]] = {
    exp.And: pc.and_kleene,
    exp.Or: pc.or_kleene,
    exp.EQ: pc.equal,
    exp.NEQ: pc.not_equal,
    exp.GT: pc.greater,
    exp.GTE: pc.greater_equal,
    exp.LT: pc.less,
    exp.LTE: pc.less_equal,
    exp.Add: pc.add,
    exp.Sub: pc.subtract,
    exp.Mul: pc.multiply,
}


_ARGUMENTS = {"this", "expression", "expressions", "low", "high", "is_string"}


@dataclass(frozen=True, slots=True)
class Condition:
    """One checked condition."""

    text: str
    tree: exp.Expression
    columns: frozenset[str]

    def hits(self, columns: Columns, rows: int) -> pa.Array:
        """Return where the condition is true: a boolean array of length `rows`, without nulls."""
        result = _evaluate(self.tree, columns)
        if isinstance(result, pa.Scalar):
            result = pa.repeat(result, rows)
        return pc.fill_null(result.cast(pa.bool_()), fill_value=False)


def parse(text: str, declared: frozenset[str]) -> Condition:
    """Parse and check one condition.

    Args:
        text: the condition as a policy states it.
        declared: the columns that it may name.

    Raises:
        ConfigurationError: it does not parse, names an undeclared column, or uses more of SQL than
            rules may; says which.
    """
    if len(text) > MAX_LENGTH:
        raise ConfigurationError(f"a rule's condition is longer than {MAX_LENGTH} characters")
    try:
        tree = sqlglot.parse_one(text, dialect="postgres")
    except sqlglot.errors.SqlglotError as error:
        raise ConfigurationError(f"the condition {text!r} does not parse: {error}") from None
    nodes = list(tree.walk())
    for node in nodes:
        if (fault := _fault(node, declared)) is not None:
            raise ConfigurationError(f"the condition {text!r} {fault}")
    if not isinstance(tree.unnest(), (exp.Predicate, exp.And, exp.Or, exp.Not, exp.Boolean)):
        raise ConfigurationError(f"the condition {text!r} is not true or false")
    named = frozenset(node.name for node in nodes if isinstance(node, exp.Column))
    return Condition(text, tree, named)


def _fault(node: exp.Expression, declared: frozenset[str]) -> str | None:
    """Say what is wrong with one node of a tree, or None."""
    if not isinstance(node, (*_BINARY, *_OTHERS, exp.Identifier)):
        return f"uses {type(node).__name__}, which rules may not"
    # an argument that the evaluation does not know would change the meaning unseen
    known = _ARGUMENTS | ({"negate"} if isinstance(node, exp.Is) else set())
    if unknown := {key for key, value in node.args.items() if value} - known:
        return f"uses {', '.join(sorted(unknown))} of {type(node).__name__}, which rules may not"
    if isinstance(node, exp.Column) and (node.table or node.name not in declared):
        return f"names {node.sql()!r}, which is not a declared column"
    return None


def _evaluate(node: exp.Expression, columns: Columns) -> Any:  # noqa: ANN401 - array or scalar
    if (operator := _BINARY.get(type(node))) is not None:
        return operator(_evaluate(node.left, columns), _evaluate(node.right, columns))
    return _OTHERS[type(node)](node, columns)


def _paren(node: exp.Expression, columns: Columns) -> Any:  # noqa: ANN401
    return _evaluate(node.this, columns)


def _not(node: exp.Expression, columns: Columns) -> Any:  # noqa: ANN401
    return pc.invert(_evaluate(node.this, columns))


def _negative(node: exp.Expression, columns: Columns) -> Any:  # noqa: ANN401
    return pc.negate(_evaluate(node.this, columns))


def _column(node: exp.Expression, columns: Columns) -> Any:  # noqa: ANN401
    return columns[node.name]


def _between(node: exp.Expression, columns: Columns) -> Any:  # noqa: ANN401
    value = _evaluate(node.this, columns)
    return pc.and_kleene(
        pc.greater_equal(value, _evaluate(node.args["low"], columns)),
        pc.less_equal(value, _evaluate(node.args["high"], columns)),
    )


def _is_in(node: exp.Expression, columns: Columns) -> Any:  # noqa: ANN401
    value = _evaluate(node.this, columns)
    result: Any = pa.scalar(False)
    for item in node.expressions:
        result = pc.or_kleene(result, pc.equal(value, _evaluate(item, columns)))
    return result


def _is(node: exp.Expression, columns: Columns) -> Any:  # noqa: ANN401
    value = _evaluate(node.this, columns)
    if isinstance(node.expression, exp.Null):
        found = pc.is_null(value)
    else:
        wanted = pa.scalar(bool(node.expression.this))
        found = pc.fill_null(pc.equal(value, wanted), fill_value=False)
    return pc.invert(found) if node.args.get("negate") else found


def _literal(node: exp.Expression, _columns: Columns) -> pa.Scalar:
    if isinstance(node, exp.Null):
        return pa.scalar(None, pa.bool_())
    if isinstance(node, exp.Boolean):
        return pa.scalar(bool(node.this))
    return pa.scalar(node.this if node.is_string else float(node.this))


_OTHERS: dict[type[exp.Expression], Callable[[Any, Columns], Any]] = {
    exp.Paren: _paren,
    exp.Not: _not,
    exp.Neg: _negative,
    exp.Column: _column,
    exp.Between: _between,
    exp.In: _is_in,
    exp.Is: _is,
    exp.Null: _literal,
    exp.Boolean: _literal,
    exp.Literal: _literal,
}
