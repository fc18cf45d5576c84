"""Write tables of text as CSV, gzip CSV, JSON lines or Parquet: the same bytes every time."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import IO, Protocol, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.synthesize.customers import SEGMENTS
from features.synthesize.feed_shapes import FeedShape, Kind
from features.synthesize.plan import FileFormat

BATCH = 16_384  # rows joined to lines at once; a batch fits into the processor's cache
_GZIP_LEVEL = 1  # compresses as fast as the generator makes rows
_QUOTED = {Kind.TEXT, Kind.INSTANT, Kind.DATE}
_UNIQUE = {"transaction_id", "timestamp"}  # their values are unique, so no dictionary helps
_PARQUET = {
    Kind.TEXT: pa.string(),
    Kind.INTEGER: pa.int32(),
    Kind.NUMBER: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.LIST: pa.list_(pa.string()),
    Kind.INSTANT: pa.timestamp("us", "UTC"),
    Kind.DATE: pa.date32(),
}


class FileWriter(Protocol):
    """A file to which tables are appended."""

    rows: int

    def write(self, table: pa.Table) -> None:
        """Append the rows of a table of text."""

    def close(self) -> None:
        """Finish the file."""


def create(path: Path, feed: FeedShape, file_format: FileFormat) -> FileWriter:
    """Begin a file of a feed."""
    if file_format is FileFormat.PARQUET:
        return _ParquetFile(path, feed)
    return _TextFile(path, feed, file_format)


class _TextFile:
    def __init__(self, path: Path, feed: FeedShape, file_format: FileFormat) -> None:
        self.rows = 0
        self._feed = feed
        self._is_json = file_format is FileFormat.JSONL
        self._raw = path.open("wb")
        self._out: IO[bytes] = self._raw
        if file_format is FileFormat.CSV_GZ:  # without name and time, so the bytes are the same
            zipped = gzip.GzipFile("", "wb", _GZIP_LEVEL, self._raw, mtime=0)
            self._out = cast("IO[bytes]", zipped)
        if not self._is_json:
            self._out.write(",".join(feed.columns).encode() + b"\n")

    def write(self, table: pa.Table) -> None:
        render = _json_lines if self._is_json else _csv_lines
        for batch in table.to_batches(max_chunksize=BATCH):
            self._out.write(memoryview(_bytes_of(render(batch, self._feed))))
            self.rows += batch.num_rows

    def close(self) -> None:
        self._out.close()
        self._raw.close()


class _ParquetFile:
    def __init__(self, path: Path, feed: FeedShape) -> None:
        self.rows = 0
        self._feed = feed
        schema = pa.schema([(name, _PARQUET[kind]) for name, kind in feed.columns.items()])
        repeated = [name for name in schema.names if name not in _UNIQUE]
        self._writer = pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=repeated)

    def write(self, table: pa.Table) -> None:
        columns = [_typed(table[name], kind) for name, kind in self._feed.columns.items()]
        self._writer.write_table(pa.table(columns, schema=self._writer.schema))
        self.rows += table.num_rows

    def close(self) -> None:
        self._writer.close()


def _csv_lines(batch: pa.RecordBatch, feed: FeedShape) -> pa.Array:
    """Join a batch to lines; only lists need quotes."""
    parts = [
        _csv_quoted(column) if kind is Kind.LIST else column
        for column, kind in zip(batch.columns, feed.columns.values(), strict=True)
    ]
    return _joined(parts, ",", "", "\n")


def _csv_quoted(column: pa.Array) -> pa.Array:
    doubled = pc.replace_substring(column, '"', '""')
    return pc.binary_join_element_wise('"', doubled, '"', "")


def _json_lines(batch: pa.RecordBatch, feed: FeedShape) -> pa.Array:
    """Join a batch to one JSON object per line; no value needs an escape."""
    parts = []
    for (name, kind), column in zip(feed.columns.items(), batch.columns, strict=True):
        value = column
        if kind in _QUOTED:
            value = pc.binary_join_element_wise('"', column, '"', "")
        elif kind is Kind.NUMBER:  # JSON has no NaN
            value = pc.if_else(pc.equal(column, "NaN"), '"NaN"', column)
        parts.append(pc.binary_join_element_wise(f'"{name}":', pc.fill_null(value, "null"), ""))
    return _joined(parts, ",", "{", "}\n")


def _joined(parts: list[pa.Array], separator: str, before: str, after: str) -> pa.Array:
    line = pc.binary_join_element_wise(
        *parts, separator, null_handling="replace", null_replacement=""
    )
    return pc.binary_join_element_wise(before, line, after, "")


def _bytes_of(lines: pa.Array) -> pa.Buffer:
    """Return the text of all lines as one buffer; Arrow stores them contiguously."""
    offsets = memoryview(lines.buffers()[1]).cast("i")
    first, last = offsets[lines.offset], offsets[lines.offset + len(lines)]
    return lines.buffers()[2].slice(first, last - first)


def _typed(column: pa.ChunkedArray, kind: Kind) -> pa.ChunkedArray | pa.Array:
    if kind is not Kind.LIST:
        return pc.cast(column, _PARQUET[kind])
    segments = pa.array(SEGMENTS)
    lists = pc.split_pattern(pc.replace_substring_regex(segments, r'[\[\]"]', ""), ",")
    emptied = pc.if_else(pc.equal(segments, "[]"), pa.scalar([], lists.type), lists)
    return emptied.take(pc.index_in(column, segments))
