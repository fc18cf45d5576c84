"""Lists pass through COPY in both directions: numbers keep every bit, and texts every letter."""

from __future__ import annotations

import numpy as np
import psycopg
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from features.platform import lists, readers
from features.platform.arrays import lists_of
from scoring.runs.ledger import Type, arrow_type, as_text, file_type
from scoring.steps.publish import _with_lists
from tests.conftest import Db

TABLE = sql.Identifier("pg_temp", "lists")
NUMBERS = st.lists(
    st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 3), min_size=1, max_size=20
)


@pytest.fixture
def connection(migrated: Db) -> psycopg.Connection:
    """A session with a table of numbered lists."""
    with migrated.superuser() as session:
        session.execute("create temporary table lists (n integer, numbers double precision[])")
        yield session


def written(connection: psycopg.Connection, lists: pa.Array) -> None:
    """Write numbered lists."""
    connection.execute("truncate pg_temp.lists")
    rows = pa.table({"n": pa.array(range(len(lists)), pa.int32()), "numbers": lists})
    readers.write(connection, TABLE, rows)


def as_in_a_file(connection: psycopg.Connection) -> pa.Array:
    """Return the lists as a published file has them."""
    query = sql.SQL("select n, {} from {} order by n").format(
        as_text("numbers", Type.DOUBLES), TABLE
    )
    kinds = {"n": Type.INTEGER, "numbers": Type.DOUBLES}
    schema = pa.schema([(name, file_type(kind)) for name, kind in kinds.items()])
    types = {name: arrow_type(kind) for name, kind in kinds.items()}
    batches = readers.stream(connection, query, types)
    return pa.chunked_array([_with_lists(batch, schema)["numbers"] for batch in batches])


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(numbers=NUMBERS)
def test_every_list_of_numbers_comes_back_with_the_same_bits(
    connection: psycopg.Connection, numbers: list[tuple[float, float, float]]
) -> None:
    values = np.array(numbers)

    written(connection, lists_of(values, np.ones(len(values), dtype=bool)))

    stored = connection.execute("select array_send(numbers) from lists order by n").fetchall()
    as_given = connection.execute(
        "select array_send(%s::float8[]) from generate_series(1, 1)", (list(numbers[0]),)
    ).fetchall()
    assert stored[0] == as_given[0]
    read = np.array(as_in_a_file(connection).to_pylist())
    assert read.tobytes() == values.tobytes()


def test_a_row_without_a_list_stays_null_and_an_empty_list_stays_empty(
    connection: psycopg.Connection,
) -> None:
    written(connection, lists_of(np.array([[1.5, 2.0], [np.nan] * 2]), np.array([True, False])))
    assert connection.execute("select numbers from lists order by n").fetchall() == [
        ([1.5, 2.0],),
        (None,),
    ]
    assert as_in_a_file(connection).to_pylist() == [[1.5, 2.0], None]

    written(connection, pa.array([[]], pa.list_(pa.float64())))
    assert as_in_a_file(connection).to_pylist() == [[]]


def test_lists_of_texts_keep_every_name_and_empty_names_and_lists_differ(
    connection: psycopg.Connection,
) -> None:
    names = [["shop", ""], [""], [], None, ['a,b "c" \\d', "{e}", "NULL", "ü"]]
    connection.execute("create temporary table names (n integer, names text[])")
    rows = pa.table(
        {"n": pa.array(range(5), pa.int32()), "names": pa.array(names, pa.list_(pa.string()))}
    )

    readers.write(connection, sql.Identifier("pg_temp", "names"), rows)

    stored = connection.execute("select names from names order by n").fetchall()
    assert [row[0] for row in stored] == names
    query = sql.SQL("select n, {} from names order by n").format(as_text("names", Type.TEXTS))
    texts = readers.read(connection, query, {"n": pa.int32(), "names": pa.string()})["names"]
    assert lists.from_text(texts.combine_chunks(), pa.string()).to_pylist() == names


def test_a_gap_in_a_list_is_refused(connection: psycopg.Connection) -> None:
    with pytest.raises(ValueError, match="a list of column numbers holds a null"):
        written(connection, pa.array([[1.0, None]], pa.list_(pa.float64())))
