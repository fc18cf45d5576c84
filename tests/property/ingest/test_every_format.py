"""The same rows in every format give the same landed rows."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import fastavro
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.features.ingest.reading import NAMES, a_feed, land
from tests.unit.features.ingest.workbooks import a_workbook, text

Row = tuple[str, ...]

# letters of Windows-1252 and marks that each format has to quote
WORD = st.text("abcXYZ019 éßñ€,;|\"'\\<&>_{}[]:#", min_size=1, max_size=12).map(
    lambda word: f"x{word}x"
)
AMOUNT = st.integers(1, 10**9).map(lambda minor: f"{minor // 100}.{minor % 100:02}")
TIME = st.datetimes().map(lambda _: "2026-03-01T10:00:00")
ROWS = st.lists(st.tuples(WORD, WORD, WORD, TIME, AMOUNT), min_size=1, max_size=5)


def _csv(rows: list[Row], delimiter: str = ",") -> str:
    target = io.StringIO()
    writer = csv.writer(target, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([NAMES, *rows])
    return target.getvalue()


def _objects(rows: list[Row]) -> list[dict[str, str]]:
    return [dict(zip(NAMES, row, strict=True)) for row in rows]


def _avro(rows: list[Row]) -> bytes:
    fields = [{"name": name, "type": ["null", "string"]} for name in NAMES]
    target = io.BytesIO()
    schema = {"type": "record", "name": "row", "fields": fields}
    fastavro.writer(target, schema, _objects(rows), codec="deflate")
    return target.getvalue()


def _arrow(rows: list[Row], write: Callable[[pa.Table, io.BytesIO], object]) -> bytes:
    target = io.BytesIO()
    write(pa.Table.from_pylist(_objects(rows)), target)
    return target.getvalue()


def _workbook(rows: list[Row]) -> bytes:
    return a_workbook({"Rows": [[text(value) for value in row] for row in (NAMES, *rows)]})


@settings(deadline=None, max_examples=15)
@given(ROWS)
def test_the_same_rows_in_every_format_give_the_same_landed_rows(rows: list[Row]) -> None:
    wanted = land(_csv(rows).encode(), "a.csv", a_feed())
    semicolons = a_feed(csv={"delimiter": ";"}, encoding="windows-1252")
    lines = "".join(f"{json.dumps(row)}\n" for row in _objects(rows))

    landed = [
        land(_csv(rows, ";").encode("cp1252"), "a.csv", semicolons),
        land(_csv(rows, "\t").encode("utf-16"), "a.tsv", a_feed()),
        land(lines.encode(), "a.jsonl", a_feed()),
        land(json.dumps(_objects(rows), ensure_ascii=False, indent=1).encode(), "a.json", a_feed()),
        land(_arrow(rows, pyarrow.parquet.write_table), "a.parquet", a_feed()),
        land(_arrow(rows, pyarrow.feather.write_feather), "a.feather", a_feed()),
        land(_avro(rows), "a.avro", a_feed()),
        land(_workbook(rows), "a.xlsx", a_feed()),
    ]

    for other in landed:
        assert other.rows == wanted.rows
        assert sorted(reason for reason, _ in other.rejected) == sorted(
            reason for reason, _ in wanted.rejected
        )
