"""A rule has the same meaning as the same text in Postgres, to the last digit of a number."""

from __future__ import annotations

import math
import re
from contextlib import suppress
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from features.platform.errors import ConfigurationError
from scoring.decision.rules import rules
from tests.conftest import Db

#: Doubles a and b, a bigint that rules calculate with, a bigint of any size, and texts.
TYPES = {
    "a": pa.float64(),
    "b": pa.float64(),
    "k": pa.int64(),
    "n": pa.int64(),
    "t": pa.string(),
    "u": pa.string(),
}
SQL_TYPES = ("float8", "float8", "int8", "int8", "text", "text")

LITERALS = [
    "0", "1", "2", "3", "10", "-1", "-2", "0.1", "0.2", "0.3", ".5", "5.", "1e3", "1.5e-3",
    "-0.1", "1e-20", "2147483647", "2147483648", "-2147483648", "9007199254740992",
    "9007199254740993", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
    "0.1000000000000000055511151231257827", "0.30000000000000004",
    "123456789012345678901234567890.123", "(0.1 + 0.2)", "(1 - 0.9)", "(3 * 0.1)", "- 5",
    "00012",
]  # fmt: skip
#: With these values, no calculation leaves the bigints: otherwise Postgres would raise an error.
FACTORS = [
    "0", "1", "2", "3", "10", "-1", "-2", "0.1", "0.2", "0.3", ".5", "5.", "1e3",
    "(0.1 + 0.2)", "(1 - 0.9)",
]  # fmt: skip
literal, factor = st.sampled_from(LITERALS), st.sampled_from(FACTORS)
calculable = st.sampled_from(["a", "b", "k"])
operator = st.sampled_from([" + ", " - ", " * ", "*", "-", " - -", " * - "])
calculation = st.recursive(
    st.one_of(calculable, factor),
    lambda inner: st.one_of(
        st.tuples(inner, operator, inner).map("".join),
        st.tuples(inner, operator, inner).map(lambda p: f"({''.join(p)})"),
        inner.map(lambda part: f"-({part})"),
    ),
    max_leaves=3,
)
operand = st.one_of(calculable, literal, calculation, st.just("n"))
sign = st.sampled_from([">", ">=", "<", "<=", "=", "<>", "!="])
TEXTS = [
    "t = 'x'", "t <> u", "t = u", "t in ('x', 'y')", "t not in ('x', u)", "u is null",
    "t = ''", "t = 'it''s'", "t = 'X'", "t = 'x '", "t = 'é'", "'x' = t", "true", "false",
    "t = u is null", "a = b is not true", "a > 1 is false", '"a" > 1',
]  # fmt: skip
comparison = st.one_of(
    st.tuples(operand, sign, operand).map(" ".join),
    st.tuples(operand, sign, operand).map("".join),
    st.tuples(operand, st.sampled_from(["", "not "]), operand, operand).map(
        lambda p: f"{p[0]} {p[1]}between {p[2]} and {p[3]}"
    ),
    st.tuples(
        operand, st.sampled_from(["", "not "]), st.lists(operand, min_size=1, max_size=4)
    ).map(lambda p: f"{p[0]} {p[1]}in ({', '.join(p[2])})"),
    st.tuples(operand, st.sampled_from(["is null", "is not null", "isnull", "notnull"])).map(
        " ".join
    ),
    st.sampled_from(TEXTS),
)
condition = st.recursive(
    comparison,
    lambda inner: st.one_of(
        inner.map(lambda c: f"not ({c})"),
        inner.map(lambda c: f"not {c}"),
        st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map("".join),
        st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map(
            lambda p: f"({p[0]}){p[1]}({p[2]})"
        ),
        st.tuples(inner, sign, inner).map(lambda p: f"({p[0]}) {p[1]} ({p[2]})"),
        st.tuples(inner, st.sampled_from(["is true", "is not false", "is null"])).map(
            lambda p: f"({p[0]}) {p[1]}"
        ),
    ),
    max_leaves=5,
)
WORDS = re.compile(r"\s+|[\w.]+|'[^']*'|[<>=!]+|.")
#: Typing errors in a condition.
SLIPS = [
    "a", "k", "t", "1", "0.5", "'x'", "and", "or", "not", "is", "null", "in", "between", "(",
    ")", ",", "=", "<", "<>", "-", "--", "+", ";", "==", "!", "/", "unknown",
]  # fmt: skip


@st.composite
def slip(draw: st.DrawFn) -> str:
    """Draw a condition in which one word is replaced, omitted or added."""
    words = WORDS.findall(draw(condition))
    place = draw(st.integers(0, len(words) - 1))
    words[place : place + draw(st.integers(0, 1))] = draw(
        st.sampled_from([[], *[[f" {word} "] for word in SLIPS]])
    )
    return "".join(words)


double = st.one_of(
    st.none(),
    st.sampled_from([-2.0, -0.0, 0.0, 0.1, 0.2, 0.3, 0.1 + 0.2, 0.5, 1.0, 2.0, 3.0, 1000.0]),
    st.sampled_from([2.0**53, 2.0**63, -(2.0**63), 1e20, math.nan, math.inf, -math.inf]),
)
small = st.one_of(st.none(), st.integers(-3, 3), st.sampled_from([10, 1000]))
# without the least bigint, which Postgres cannot negate: a typing error may be a minus
big = st.one_of(
    st.none(), st.sampled_from([0, 1, 2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, 1 - 2**63])
)
word = st.sampled_from([None, "x", "y", "z", "", "X", "x ", "it's", "é", "e\u0301"])
row = st.tuples(double, double, small, big, word, word)

settings_of_bulk = settings(
    max_examples=60,
    deadline=None,
    # the assertion below names differences without shrinking
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def hits_of(conditions: list[rules.Condition], rows: list[tuple[Any, ...]]) -> list[list[bool]]:
    """Return the hits of the rules: [conditions, rows]."""
    columns = {
        name: pa.array(values, type_)
        for (name, type_), values in zip(TYPES.items(), zip(*rows, strict=True), strict=True)
    }
    return [condition.hits(columns, len(rows)).to_pylist() for condition in conditions]


def postgres_finds(
    db: Db, conditions: list[rules.Condition], rows: list[tuple[Any, ...]]
) -> list[list[bool]]:
    """Return the rows that Postgres finds, with all conditions and rows in one query."""
    values = ", ".join([f"({', '.join(f'%s::{type_}' for type_ in SQL_TYPES)})"] * len(rows))
    tests = ", ".join(f"coalesce({condition.text}, false)" for condition in conditions)
    query = f"select {tests} from (values {values}) as r ({', '.join(TYPES)})"
    result = db.rows(query, *[value for row in rows for value in row])
    return [list(answers) for answers in zip(*result, strict=True)]


def differences(db: Db, texts: list[str], rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return the conditions that hit other rows than in Postgres; refused conditions hit none."""
    conditions = []
    for text in texts:
        with suppress(ConfigurationError):
            conditions.append(rules.parse(text, TYPES))
    if not conditions:
        return []
    all_hits, all_expected = hits_of(conditions, rows), postgres_finds(db, conditions, rows)
    return [
        (condition.text, hits, expected)
        for condition, hits, expected in zip(conditions, all_hits, all_expected, strict=True)
        if hits != expected
    ]


@settings_of_bulk
@given(
    texts=st.lists(condition, min_size=10, max_size=40),
    rows=st.lists(row, min_size=1, max_size=12),
)
def test_a_condition_hits_the_rows_that_postgres_finds(
    migrated: Db, texts: list[str], rows: list[tuple[Any, ...]]
) -> None:
    assert differences(migrated, texts, rows) == []


@settings_of_bulk
@given(texts=st.lists(slip(), min_size=10, max_size=40), rows=st.lists(row, min_size=1, max_size=6))
def test_a_typing_error_is_refused_or_has_the_same_meaning_in_postgres(
    migrated: Db, texts: list[str], rows: list[tuple[Any, ...]]
) -> None:
    assert differences(migrated, texts, rows) == []


@pytest.mark.parametrize(
    ("text", "row", "is_hit"),
    [
        ("0.1 + 0.2 = 0.3", {}, True),
        ("a = 0.1 + 0.2", {"a": 0.3}, True),
        ("a + 0.2 = 0.3", {"a": 0.1}, False),
        ("k * 0.1 = 0.3", {"k": 3}, True),
        ("n = 9007199254740993", {"n": 2**53}, False),
        ("n = 9007199254740993", {"n": 2**53 + 1}, True),
        ("n > 9223372036854775806.5", {"n": 2**63 - 1}, True),
        ("n = a", {"n": 2**53 + 1, "a": 2.0**53}, True),
        ("k = 1e0", {"k": 1}, True),
        ("a > 1", {"a": math.nan}, True),
        ("a = a", {"a": math.nan}, True),
        ("a between 1 and 2 or a is null", {"a": None}, True),
        ("not (a > 1)", {"a": None}, False),
        ("a not in (1, b)", {"a": 2.0, "b": None}, False),
    ],
)
def test_numbers_are_exact_where_postgres_is_exact(
    migrated: Db, text: str, row: dict[str, Any], is_hit: bool
) -> None:
    conditions = [rules.parse(text, TYPES)]
    rows = [tuple(row.get(name) for name in TYPES)]

    assert hits_of(conditions, rows) == postgres_finds(migrated, conditions, rows) == [[is_hit]]
