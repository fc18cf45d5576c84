"""Tries a policy's rules on edge values before their approval.

Parsing finds rules that cannot run. These trials find rules that run but cannot be meant: an
unknown level of a category, a calculation that leaves its type, or a condition with the same answer
for every row. The last check runs only if columns meet constants, because then few values represent
all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.platform.errors import ConfigurationError
from scoring.decision.policy.part import Rule
from scoring.decision.rules.columns import RuleColumn, RuleColumns, types_of
from scoring.decision.rules.rules import Condition, parse, value_of
from scoring.decision.rules.syntax import Node, UnusableError
from scoring.decision.rules.values import SqlType

MAX_ROWS = 20_000
#: No count, amount or score is greater. A calculation with it must stay within its type.
HUGE = 2**31
_RANGES = {SqlType.INTEGER: 2**31, SqlType.BIGINT: 2**63}
_TESTS = ("compare", "between", "in")

Grid = dict[str, list[Any]]


def faults_of(rules: Sequence[Rule], columns: RuleColumns) -> list[str]:
    """Return the reasons against approving rules, one sentence each."""
    faults = []
    for rule in rules:
        try:
            condition = parse(rule.when, types_of(columns))
            fault = _fault_of(condition, columns)
        except (ConfigurationError, pa.ArrowException) as error:
            fault = str(error)
        if fault is not None:
            faults.append(f"rule {rule.rule_id}: {fault}")
    return faults


def _fault_of(condition: Condition, columns: RuleColumns) -> str | None:
    types = types_of(columns)
    fault = _level_fault(condition.tree, columns) or _range_fault(condition.tree, columns)
    if fault is None and _is_decidable(condition.tree):
        fault = _part_fault(condition.tree, columns) or _truth_fault(condition, columns)
    if fault is None:
        _read(condition.tree, types, _edges(condition.tree, columns))
        return None
    return f"the condition {condition.text!r} {fault}"


def _level_fault(tree: Node, columns: RuleColumns) -> str | None:
    for test in (node for node in tree.walk() if node.kind in _TESTS):
        named = {part.word for part in test.parts if part.kind == "text"}
        for part in test.parts:
            levels = columns[part.word].levels if part.kind == "column" else ()
            if levels and (unknown := sorted(named - set(levels))):
                known = ", ".join(levels)
                return f"names {unknown[0]!r}, which is no level of {part.word}: {known}"
    return None


def _range_fault(tree: Node, columns: RuleColumns) -> str | None:
    types = types_of(columns)
    for node in tree.walk():
        if node.kind not in {"calculate", "sign"} or not node.columns:
            continue
        value = value_of(node, types)
        values = _read(node, types, _edges(node, columns))
        if value.type is SqlType.DOUBLE:
            if pc.any(pc.is_inf(values)).as_py():
                return f"calculates a {value.type} that is too large"
        elif (limit := _RANGES.get(value.type)) is not None:
            extremes = pc.min_max(values).as_py()
            if extremes["min"] < -limit or extremes["max"] >= limit:
                return f"calculates a {value.type} that is too large"
    return None


def _is_decidable(tree: Node) -> bool:
    """Return whether constants cut the columns into parts with one truth value each."""
    if any(node.kind in {"calculate", "sign"} and node.columns for node in tree.walk()):
        return False
    tests = [node for node in tree.walk() if node.kind in _TESTS]
    compares_columns = any(sum(part.kind == "column" for part in test.parts) > 1 for test in tests)
    return len(tree.columns) == 1 or not compares_columns


def _part_fault(tree: Node, columns: RuleColumns) -> str | None:
    """Return the fault of a part that no value satisfies, whatever the ranges of the columns."""
    free = {name: RuleColumn(column.type) for name, column in columns.items()}
    for node in tree.walk():
        if node.kind not in {*_TESTS, "and", "or"}:
            continue
        truth = _truth_on(node, free)
        if truth is not None and not pc.any(truth).as_py():
            return "has a part that no row satisfies"
    return None


def _truth_fault(condition: Condition, columns: RuleColumns) -> str | None:
    truth = _truth_on(condition.tree, columns)
    if truth is None:
        return None
    if not pc.any(truth).as_py():
        return "is true of no row: its columns never have such values"
    # a comparison with null has no answer; only `is null` has one
    tests_null = any(node.kind == "is" for node in condition.tree.walk())
    known = pc.fill_null(truth, fill_value=False) if tests_null else truth
    if pc.all(known, skip_nulls=True).as_py():
        return "is true of every row"
    return None


def _truth_on(node: Node, columns: RuleColumns) -> pa.Array | None:
    """Return a part's truth on representative values, or None if these are too many."""
    grid = _edges(node, columns)
    if math.prod(map(len, grid.values())) > MAX_ROWS:
        return None
    return _read(node, types_of(columns), grid)


def _read(node: Node, types: dict[str, pa.DataType], grid: Grid) -> pa.Array:
    rows = _rows(grid, types)
    count = max(map(len, rows.values()), default=1)
    result = value_of(node, types).read(rows)
    return pa.repeat(result, count) if isinstance(result, pa.Scalar) else result


def _rows(grid: Grid, types: dict[str, pa.DataType]) -> dict[str, pa.Array]:
    """Return every combination of values, or a sample if there are too many."""
    sizes = [len(values) for values in grid.values()]
    total = math.prod(sizes)
    places = np.arange(total) if total <= MAX_ROWS else None
    if places is None:
        drawn = np.random.default_rng(0).random((len(sizes), MAX_ROWS))
        indexes = [(row * size).astype(np.int64) for row, size in zip(drawn, sizes, strict=True)]
    else:
        indexes = list(np.unravel_index(places, sizes)) if sizes else []
    return {
        name: pa.array(values, types[name]).take(pa.array(index))
        for (name, values), index in zip(grid.items(), indexes, strict=True)
    }


def _edges(node: Node, columns: RuleColumns) -> Grid:
    """Return for each column of a part the values at which its truth can change."""
    numbers, texts = _constants(node)
    return {
        name: [None, *_values_of(columns[name], numbers, texts)] for name in sorted(node.columns)
    }


def _values_of(column: RuleColumn, numbers: list[Decimal], texts: list[str]) -> list[Any]:
    if pa.types.is_string(column.type):
        return list(column.levels) or ["", "".join(texts) + " and another", *texts]
    if pa.types.is_boolean(column.type):
        return [False, True]
    if column.is_flag:
        return [0.0, 1.0]
    bounds = [bound for bound in (column.minimum, column.maximum) if bound is not None]
    if pa.types.is_integer(column.type):
        near = {int(n) + step for n in numbers for step in (-1, 0, 1) if abs(n) < 2**62}
        values: set[Any] = {0, 1, HUGE, -HUGE, *near, *map(int, bounds)}
    else:
        marks = sorted({float(n) for n in numbers} | {0.0, 1.0, float(HUGE), -float(HUGE)})
        gaps = [low / 2 + high / 2 for low, high in pairwise(marks)]
        ends = [2 * marks[0], 2 * marks[-1]]
        values = {*marks, *gaps, *filter(math.isfinite, ends), *bounds}
    low = -math.inf if column.minimum is None else column.minimum
    high = math.inf if column.maximum is None else column.maximum
    return sorted(value for value in values if low <= value <= high)


def _constants(node: Node) -> tuple[list[Decimal], list[str]]:
    numbers, texts = [], []
    for part in node.walk():
        if part.kind in {"number", "sign", "calculate"} and not part.columns:
            try:
                constant = value_of(part, {}).constant
            except UnusableError:
                continue
            if isinstance(constant, Decimal):
                numbers.append(constant)
        elif part.kind == "text":
            texts.append(part.word)
    return numbers, texts
