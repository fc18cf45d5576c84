"""Copies rows between Postgres and Arrow in bulk: COPY in batches of bounded memory."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.csv
from psycopg import sql

from features.platform import failpoints, lists

BATCH_BYTES = 8 << 20


class _CopyStream(io.RawIOBase):
    """The bytes of a COPY TO STDOUT as a file that pyarrow can read."""

    def __init__(self, copy: psycopg.Copy) -> None:
        self._copy = copy
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        if not self._rest:
            self._rest = bytes(self._copy.read())
        taken = self._rest[: len(buffer)]
        buffer[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)


def stream(
    connection: psycopg.Connection[Any],
    query: sql.Composable,
    types: Mapping[str, pa.DataType],
    *,
    batch_bytes: int = BATCH_BYTES,
) -> Iterator[pa.RecordBatch]:
    """Run a query and yield its rows as Arrow batches.

    Args:
        connection: an open connection; the query runs in its transaction.
        query: a SELECT whose columns are exactly `types`, in that order.
        types: Arrow type by column. Booleans arrive as `t` and `f`, nulls as an unquoted blank.
        batch_bytes: bound on the text of one batch, and so on memory.

    Yields:
        Record batches; none if the query has no rows.
    """
    statement = sql.SQL("copy ({}) to stdout (format csv)").format(query)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        source = io.BufferedReader(_CopyStream(copy), batch_bytes)
        if not source.peek(1):
            return
        yield from pa.csv.open_csv(
            source,
            read_options=pa.csv.ReadOptions(
                column_names=list(types), block_size=batch_bytes, use_threads=False
            ),
            parse_options=pa.csv.ParseOptions(newlines_in_values=True),
            convert_options=pa.csv.ConvertOptions(
                column_types=dict(types),
                null_values=[""],
                true_values=["t"],
                false_values=["f"],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )


def read(
    connection: psycopg.Connection[Any], query: sql.Composable, types: Mapping[str, pa.DataType]
) -> pa.Table:
    """Run a query and return all its rows; only for small or chunked results."""
    schema = pa.schema(list(types.items()))
    return pa.Table.from_batches(list(stream(connection, query, types)), schema)


def write(connection: psycopg.Connection[Any], table: sql.Composable, rows: pa.Table) -> None:
    r"""COPY an Arrow table into a Postgres table, columns by name.

    Bytes must be texts that Postgres parses (`\x00`), because CSV has no other form of them.

    Raises:
        ValueError: a list holds a null.
    """
    columns = sql.SQL(", ").join(map(sql.Identifier, rows.column_names))
    statement = sql.SQL("copy {} ({}) from stdin (format csv, null '')").format(table, columns)
    options = pa.csv.WriteOptions(include_header=False, quoting_style="needed")
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for batch in rows.to_batches(max_chunksize=65_536):
            sink = pa.BufferOutputStream()
            pa.csv.write_csv(_with_texts(batch), sink, options)
            copy.write(sink.getvalue())
            failpoints.reach("mid_copy")


def _with_texts(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return a batch in which each list is the text of a Postgres array."""
    columns = {
        name: lists.to_postgres(name, column) if pa.types.is_list(column.type) else column
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    }
    return pa.RecordBatch.from_pydict(columns)
