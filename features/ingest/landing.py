"""Create, fill and drop the tables of `landed`: one unlogged table per delivery."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import psycopg
import pyarrow as pa
import pyarrow.csv
from psycopg import sql

from features.feeds import Column
from features.ingest.lines import Record
from features.platform.database import certain

_NAME = re.compile(r"landed\.[a-z][a-z0-9_]{0,29}_[0-9a-f]{32}")
_CSV = pyarrow.csv.WriteOptions(include_header=False, batch_size=16_384)
_REJECTED = {
    "row_number": pa.int64(),
    "line_number": pa.int64(),
    "line_count": pa.int64(),
    "reason": pa.string(),
    "detail": pa.string(),
    "original": pa.string(),
}


def table_name(feed: str, delivery_id: UUID) -> str:
    """Return the qualified name of a delivery's landed table."""
    return f"landed.{feed}_{delivery_id.hex}"


def identifier(table: str) -> sql.Identifier:
    """Return a landed table's name, quoted.

    Raises:
        ValueError: it is not the name of a landed table.
    """
    if not _NAME.fullmatch(table):
        raise ValueError(f"{table!r} is not a landed table")
    return sql.Identifier(*table.split("."))


def create(
    connection: psycopg.Connection[Any],
    table: str,
    columns: Sequence[Column],
    *,
    is_protected: bool,
) -> None:
    """Create the delivery's table, and the place where this transaction keeps rejected rows.

    Args:
        connection: inside a transaction.
        table: its qualified name.
        columns: beside row_number.
        is_protected: only role ingest may read the table, not even the gate.
    """
    connection.execute("set local timezone = 'UTC'")
    fields = [
        sql.SQL("{} {}").format(
            sql.Identifier(column.target),
            sql.SQL(column.sql_type),
        )
        for column in columns
    ]
    connection.execute(
        sql.SQL(
            "create unlogged table {} "
            "(row_number bigint, line_count integer not null default 1, {})"
        ).format(identifier(table), sql.SQL(", ").join(fields))
    )
    if is_protected:
        connection.execute(sql.SQL("revoke all on {} from score").format(identifier(table)))
    connection.execute(
        "create temporary table rejected "
        "(row_number bigint, line_number bigint, line_count integer, reason text, detail text, "
        "original text) on commit drop"
    )


def copy(connection: psycopg.Connection[Any], table: str | None, rows: pa.Table) -> None:
    """Copy rows into a landed table, or into the rejected rows where the table is None."""
    if not rows.num_rows:
        return
    target = identifier(table) if table else sql.Identifier("rejected")
    names = sql.SQL(", ").join(map(sql.Identifier, rows.column_names))
    command = sql.SQL("copy {} ({}) from stdin (format csv)").format(target, names)
    with connection.cursor().copy(command) as target_copy:
        target_copy.write(as_csv(rows))


def as_csv(rows: pa.Table) -> bytes:
    """Return rows in the form that Postgres reads: null is empty, empty text is `""`."""
    for index, field in enumerate(rows.schema):
        if pa.types.is_timestamp(field.type):
            # the session's zone is UTC; to write zones takes pyarrow twenty times as long
            naive = rows.column(index).cast(pa.timestamp("us"))
            rows = rows.set_column(index, field.name, naive)
    sink = pa.BufferOutputStream()
    pyarrow.csv.write_csv(rows, sink, _CSV)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def rejected_rows(
    numbers: Sequence[int],
    reasons: Sequence[str],
    details: Sequence[str],
    records: Sequence[Record],
    originals: Sequence[str],
) -> pa.Table:
    """Return rejected rows as a table.

    Args:
        numbers: of the rows in the file.
        reasons: the codes.
        details: the explanations beside the codes.
        records: the rows' places in the file.
        originals: their texts as they may be kept, masked.
    """
    kept = [original.replace("\0", "\\0") for original in originals]
    lines = [record.line_number for record in records]
    counts = [record.line_count for record in records]
    columns = (numbers, lines, counts, map(str, reasons), details, kept)
    return pa.table(
        {
            name: pa.array(column, kind)
            for (name, kind), column in zip(_REJECTED.items(), columns, strict=True)
        }
    )


@dataclass(frozen=True, slots=True)
class Twins:
    """The repeated keys of one file: row numbers of contradictions, and counts of duplicates."""

    conflicts: npt.NDArray[np.int64]
    duplicates: int
    duplicate_lines: int


def twins(
    connection: psycopg.Connection[Any],
    table: str,
    key_columns: Sequence[str],
    columns: Sequence[Column],
) -> Twins:
    """Take rows with the same key out of a landed table.

    The first of the rows with one key and one content stays; the others are duplicates. Rows with
    one key and several contents contradict each other, and none of them stays.
    """
    key = sql.SQL(", ").join(map(sql.Identifier, key_columns))
    content = sql.SQL(", ").join(sql.Identifier("landed", column.target) for column in columns)
    connection.execute("set local work_mem = '256MB'")
    row = connection.execute(
        sql.SQL("select exists (select from {table} group by {key} having count(*) > 1)").format(
            table=identifier(table), key=key
        )
    ).fetchone()
    (is_repeated,) = certain("look for repeated keys", row)
    if not is_repeated:
        return Twins(np.empty(0, np.int64), 0, 0)
    connection.execute(
        sql.SQL(
            """
            create temporary table twins on commit drop as
            with repeated as (
                select {key} from {table} group by {key} having count(*) > 1
            ),

            compared as (
                select
                    row_number,
                    line_count,
                    min(row_number) over same_key as first_row,
                    max(record_of) over same_key is distinct from min(record_of) over same_key
                        as is_conflict
                from (
                    select
                        {key_of_landed},
                        landed.row_number,
                        landed.line_count,
                        row({content})::text as record_of
                    from {table} as landed
                    inner join repeated on {is_same_key}
                ) as rows_of_a_key
                window same_key as (partition by {key})
            )

            select row_number, line_count, is_conflict
            from compared
            where is_conflict or row_number > first_row
            """
        ).format(
            key=key,
            key_of_landed=sql.SQL(", ").join(
                sql.Identifier("landed", name) for name in key_columns
            ),
            is_same_key=_is_same(key_columns),
            content=content,
            table=identifier(table),
        )
    )
    connection.execute(
        sql.SQL("delete from {} using twins where twins.row_number = {}.row_number").format(
            identifier(table), identifier(table)
        )
    )
    counted = connection.execute(
        "select count(*), coalesce(sum(line_count), 0) from twins where not is_conflict"
    ).fetchone()
    conflicts = connection.execute("select row_number from twins where is_conflict").fetchall()
    numbers = np.fromiter((number for (number,) in conflicts), np.int64, len(conflicts))
    return Twins(numbers, *certain("count duplicate rows", counted))


def _is_same(key_columns: Sequence[str]) -> sql.Composed:
    """Return whether two rows share a key, of which only the first column never is null."""
    first, *others = map(sql.Identifier, key_columns)
    same = sql.SQL("landed.{0} is not distinct from repeated.{0}")
    return sql.SQL(" and ").join(
        [sql.SQL("landed.{0} = repeated.{0}").format(first), *(same.format(n) for n in others)]
    )


def drop(connection: psycopg.Connection[Any], table: str | None) -> None:
    """Drop a landed table if it exists."""
    if table:
        connection.execute(sql.SQL("drop table if exists {}").format(identifier(table)))
