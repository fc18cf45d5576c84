"""A rule means what the same text means in Postgres."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scoring.decision import rules
from tests.conftest import Db

NUMBERS = ("a", "b")
number = st.one_of(st.none(), st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0]))
literal = st.sampled_from(["-1", "0", "0.5", "1", "2"])
column = st.sampled_from(NUMBERS)
operand = st.one_of(column, literal, st.tuples(column, literal).map(lambda p: f"({p[0]} + {p[1]})"))
comparison = st.one_of(
    st.tuples(operand, st.sampled_from([">", ">=", "<", "<=", "=", "<>"]), operand).map(" ".join),
    st.tuples(column, literal, literal).map(lambda p: f"{p[0]} between {p[1]} and {p[2]}"),
    st.tuples(column, literal, literal).map(lambda p: f"{p[0]} in ({p[1]}, {p[2]})"),
    column.map(lambda name: f"{name} is null"),
    column.map(lambda name: f"{name} is not null"),
    st.sampled_from(["t = 'x'", "t <> 'x'", "t in ('x', 'y')", "t not in ('x')", "t is null"]),
)
condition = st.recursive(
    comparison,
    lambda inner: st.one_of(
        inner.map(lambda c: f"not ({c})"),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
            lambda p: f"({p[0]}) {p[1]} ({p[2]})"
        ),
    ),
    max_leaves=5,
)
row = st.tuples(number, number, st.sampled_from([None, "x", "y", "z"]))


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=condition, rows=st.lists(row, min_size=1, max_size=8))
def test_a_condition_hits_the_rows_that_postgres_finds(
    migrated: Db, text: str, rows: list[tuple[float | None, float | None, str | None]]
) -> None:
    columns = {
        "a": pa.array([r[0] for r in rows], pa.float64()),
        "b": pa.array([r[1] for r in rows], pa.float64()),
        "t": pa.array([r[2] for r in rows], pa.string()),
    }

    hits = rules.parse(text, frozenset(columns)).hits(columns, len(rows)).to_pylist()

    values = ", ".join(["(%s::float8, %s::float8, %s::text)"] * len(rows))
    query = f"select coalesce({text}, false) from (values {values}) as r (a, b, t)"
    assert hits == [hit for (hit,) in migrated.rows(query, *[v for r in rows for v in r])]
