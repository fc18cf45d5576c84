"""Parses, types and evaluates conditions of policy rules as SQL does, a column at a time.

A condition is a small part of SQL: comparisons, `and`, `or`, `not`, `in`, `between`, `is null`, and
`+ - *` over declared columns and literals. It becomes a tree and never part of a query, so a policy
reads only the columns that it is given. Nulls follow SQL's three-valued logic: a rule hits if its
condition is true, not if it is unknown. A test compares every condition with the answer of
Postgres.

Types are checked at parse time: a condition that parses cannot fail on a row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from features.platform.arrays import Columns
from features.platform.errors import ConfigurationError
from scoring.decision.rules import syntax, values
from scoring.decision.rules.syntax import Node, UnusableError
from scoring.decision.rules.values import SqlType, Value

Types = Mapping[str, pa.DataType]

MAX_DEPTH = 60
MAX_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Condition:
    """One checked condition."""

    text: str
    tree: Node
    value: Value

    def hits(self, columns: Columns, rows: int) -> pa.Array:
        """Return the rows that meet the condition: booleans, length `rows`, without nulls."""
        result = self.value.read(columns)
        if isinstance(result, pa.Scalar):
            result = pa.repeat(result, rows)
        return pc.fill_null(result, fill_value=False)


def parse(text: str, types: Types) -> Condition:
    """Parse and check one condition.

    Args:
        text: the condition from the policy.
        types: the columns that the condition may name, with the types of the rows.

    Raises:
        ConfigurationError: the condition does not parse, names an undeclared column, mixes types,
            or uses more of SQL than rules may; the message says which.
    """
    try:
        tree = syntax.parse(text)
        value = _truth(tree, types, 0)
        _require_enough_digits(value, {name: types[name] for name in tree.columns})
    except UnusableError as error:
        shown = text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."
        raise ConfigurationError(f"the condition {shown!r} {error}") from None
    return Condition(text, tree, value)


def value_of(node: Node, types: Types, depth: int = 0) -> Value:
    """Return the typed value of a part of a condition.

    Raises:
        UnusableError: the part names an undeclared column, mixes types, or could fail on a row.
    """
    if depth > MAX_DEPTH:
        raise UnusableError(f"nests deeper than {MAX_DEPTH} levels")
    return _OF[node.kind](node, types, depth + 1)


def _require_enough_digits(value: Value, types: Types) -> None:
    # the digits of a decimal depend on types alone, so an empty array is enough
    try:
        value.read({name: pa.array([], type_) for name, type_ in types.items()})
    except pa.ArrowInvalid:
        raise UnusableError("calculates with more than 76 digits") from None


def _truth(node: Node, types: Types, depth: int) -> Value:
    value = value_of(node, types, depth)
    if value.type is not SqlType.BOOLEAN:
        raise UnusableError(f"has {value.type} where something is true or false")
    return value


def _column(node: Node, types: Types, _depth: int) -> Value:
    if node.word not in types:
        raise UnusableError(f"names {node.word!r}, which is not a declared column")
    return values.column(node.word, types[node.word])


def _joined(node: Node, types: Types, depth: int) -> Value:
    kernel = pc.and_kleene if node.kind == "and" else pc.or_kleene
    return _reduced(kernel, [_truth(part, types, depth) for part in node.parts])


def _reduced(kernel: Callable[[Any, Any], Any], parts: list[Value]) -> Value:
    return Value(
        SqlType.BOOLEAN, lambda columns: reduce(kernel, [part.read(columns) for part in parts])
    )


def _not(node: Node, types: Types, depth: int) -> Value:
    return values.opposite(_truth(node.parts[0], types, depth))


def _compared(node: Node, types: Types, depth: int) -> Value:
    left, right = (value_of(part, types, depth) for part in node.parts)
    return values.compared(node.word, left, right)


def _calculated(node: Node, types: Types, depth: int) -> Value:
    left, right = (value_of(part, types, depth) for part in node.parts)
    return values.calculated(node.word, left, right)


def _signed(node: Node, types: Types, depth: int) -> Value:
    return values.signed(node.word, value_of(node.parts[0], types, depth))


def _between(node: Node, types: Types, depth: int) -> Value:
    value, low, high = (value_of(part, types, depth) for part in node.parts)
    bounds = [values.compared(">=", value, low), values.compared("<=", value, high)]
    return _reduced(pc.and_kleene, bounds)


def _is_in(node: Node, types: Types, depth: int) -> Value:
    value, *items = (value_of(part, types, depth) for part in node.parts)
    return _reduced(pc.or_kleene, [values.compared("=", value, item) for item in items])


def _is(node: Node, types: Types, depth: int) -> Value:
    value = value_of(node.parts[0], types, depth)
    if node.word == "null":
        return Value(SqlType.BOOLEAN, lambda columns: pc.is_null(value.read(columns)))
    if value.type is not SqlType.BOOLEAN:
        raise UnusableError(f"tests whether {value.type} is {node.word}")
    equal = values.compared("=", value, values.boolean(node.word == "true"))
    return Value(
        SqlType.BOOLEAN, lambda columns: pc.fill_null(equal.read(columns), fill_value=False)
    )


_OF: Mapping[str, Callable[[Node, Types, int], Value]] = {
    "or": _joined,
    "and": _joined,
    "not": _not,
    "compare": _compared,
    "between": _between,
    "in": _is_in,
    "is": _is,
    "calculate": _calculated,
    "sign": _signed,
    "column": _column,
    "number": lambda node, _types, _depth: values.number(node.word),
    "text": lambda node, _types, _depth: values.text(node.word),
    "truth": lambda node, _types, _depth: values.boolean(node.word == "true"),
}
