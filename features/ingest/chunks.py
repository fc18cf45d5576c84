"""Files to chunks of text: every field as it was delivered, in bounded memory.

No type is guessed here. A parser that guesses turns `007` into 7, `NA` into null and a long id into
a rounded number; so every field stays text until the checks have seen it.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from features.ingest.limits import Limits
from features.ingest.reasons import HeldError, HoldReason, RowReason
from features.ingest.spool import Spool
from features.sources import CANONICAL, Feed

TEXT = pa.string()
TEXTS = pa.list_(pa.string())
_PARQUET_ROWS = 65_536


@dataclass(frozen=True, slots=True)
class Malformed:
    """A row that has no fields to check: its number in the file, why, and its text."""

    row_number: int
    reason: RowReason
    original: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a file.

    Args:
        columns: by delivered name: text, or lists of text where the format has lists.
        row_numbers: 1 is the first row after the header.
        malformed: rows of this stretch of the file that are in no column.
        lines: the original lines, where the format has lines; else they are put together on demand.
    """

    columns: Mapping[str, pa.Array]
    row_numbers: npt.NDArray[np.int64]
    malformed: Sequence[Malformed] = ()
    lines: Sequence[str] | None = None

    def originals(self, rows: npt.NDArray[np.int64]) -> list[str]:
        """Return the rows at these positions as delivered: the line, or its fields as CSV."""
        if self.lines is not None:
            return [self.lines[row] for row in rows.tolist()]
        if not len(rows):
            return []
        taken = [_plain_text(column.take(pa.array(rows))) for column in self.columns.values()]
        quoted = [
            pc.if_else(
                pc.match_substring_regex(text, '[",\r\n]'),
                pc.binary_join_element_wise('"', pc.replace_substring(text, '"', '""'), '"', ""),
                text,
            )
            for text in taken
        ]
        joined = pc.binary_join_element_wise(
            *quoted, ",", null_handling="replace", null_replacement=""
        )
        found: list[str] = joined.to_pylist()
        return found


@dataclass(slots=True)
class Header:
    """What a file says about its columns, filled when its first chunk is read."""

    notes: list[str] = field(default_factory=list)

    def judge(self, delivered: Sequence[str], feed: Feed, *, must: set[str]) -> list[str]:
        """Return the columns to read.

        Raises:
            HeldError: a needed column is missing, or a column stands twice.
        """
        if twice := sorted({name for name in delivered if delivered.count(name) > 1}):
            raise HeldError(HoldReason.DUPLICATE_COLUMN, f"stands twice: {_names(twice)}")
        wanted = feed.delivered_columns
        known = {*wanted, *feed.refused}
        unknown = sorted(name for name in delivered if name not in known)
        if missing := sorted(must - set(delivered)):
            hint = f"; unknown columns: {_names(unknown)}" if unknown else ""
            raise HeldError(HoldReason.MISSING_COLUMN, f"lacks {_names(missing)}{hint}")
        if unknown:
            self.notes.append(f"unknown columns, not read: {_names(unknown)}")
        return [name for name in wanted if name in set(delivered)]


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(ascii(name[:60]) for name in names[:20])
    return shown if len(names) <= 20 else f"{shown} and {len(names) - 20} more"


def mapped(feed: Feed) -> set[str]:
    """Return the delivered names that a header must have."""
    names = {name for key, name in feed.columns.items() if key not in feed.optional}
    return names | ({feed.inline_label.column} if feed.inline_label else set())


def csv_chunks(text: IO[bytes], feed: Feed, header: Header, limits: Limits) -> Iterator[Chunk]:
    """Read CSV.

    Raises:
        HeldError: the header is wrong, or the text is not CSV.
    """
    names = _csv_header(text, feed, limits)
    wanted = header.judge(names, feed, must=mapped(feed))
    start = text.tell()
    if not text.read(1):
        return
    text.seek(start)
    malformed: list[tuple[int, str]] = []

    def remember(row: Any) -> str:  # noqa: ANN401 - pyarrow's InvalidRow
        malformed.append((row.number, row.text))
        return "skip"

    try:
        reader = pyarrow.csv.open_csv(
            text,
            # one thread: only then does pyarrow know the number of a malformed row
            pyarrow.csv.ReadOptions(
                column_names=names, block_size=limits.row_bytes, use_threads=False
            ),
            pyarrow.csv.ParseOptions(
                delimiter=feed.csv.delimiter,
                newlines_in_values=True,
                invalid_row_handler=remember,
            ),
            pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, TEXT),
                include_columns=wanted,
                null_values=[],
                strings_can_be_null=False,
            ),
        )
        yield from _numbered(reader, malformed, limits)
    except pa.ArrowInvalid as error:
        raise HeldError(HoldReason.UNREADABLE, _first_line(error)) from error


def _csv_header(text: IO[bytes], feed: Feed, limits: Limits) -> list[str]:
    line = b"\n"
    while line in {b"\n", b"\r\n"}:
        line = text.readline(limits.row_bytes)
    names = next(csv.reader([line.decode("utf-8")], delimiter=feed.csv.delimiter), [])
    if len(names) > limits.columns:
        raise HeldError(HoldReason.TOO_LARGE, f"more than {limits.columns} columns")
    return names


def _numbered(
    batches: Any,  # noqa: ANN401 - pyarrow's reader
    malformed: list[tuple[int, str]],
    limits: Limits,
) -> Iterator[Chunk]:
    """Give each row its number; the reader runs ahead, so malformed rows may belong to later."""
    done = 0
    for batch in batches:
        wrong = np.array([number for number, _ in malformed], np.int64)
        candidates = np.arange(done + 1, done + 1 + batch.num_rows + len(wrong), dtype=np.int64)
        numbers = candidates[~np.isin(candidates, wrong)][: batch.num_rows]
        last = int(numbers[-1]) if len(numbers) else done
        passed = int(np.searchsorted(wrong, last))
        done = last
        _check_rows(done, limits)
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        yield Chunk(columns, numbers, _wrong_fields(malformed[:passed]))
        del malformed[:passed]
    if malformed:
        yield Chunk({}, np.empty(0, np.int64), _wrong_fields(malformed))


def _wrong_fields(rows: list[tuple[int, str]]) -> list[Malformed]:
    return [Malformed(number, RowReason.WRONG_FIELD_COUNT, row) for number, row in rows]


def json_chunks(text: IO[bytes], feed: Feed, header: Header, limits: Limits) -> Iterator[Chunk]:
    """Read JSON lines; numbers keep their digits, a line that is no object is a malformed row.

    Raises:
        HeldError: a needed key is in no line of the first chunk, or a line is over-long.
    """
    done = 0
    wanted: list[str] | None = None
    for block in _blocks(text, limits):
        lines = [line for line in block.decode("utf-8").split("\n") if line.strip()]
        rows = _json_rows(lines)
        kept = [row for row, value in enumerate(rows) if isinstance(value, dict)]
        objects: list[dict[str, Any]] = [rows[row] for row in kept]
        if wanted is None and objects:
            keys = sorted(set().union(*objects))
            needed = {feed.columns[key] for key in feed.columns if CANONICAL[feed.name][key]}
            header.judge(keys, feed, must=needed - {feed.columns.get(key) for key in feed.optional})
            wanted = list(feed.delivered_columns)
        numbers = np.arange(done + 1, done + 1 + len(lines), dtype=np.int64)
        done += len(lines)
        _check_rows(done, limits)
        wrong = [
            Malformed(int(numbers[row]), RowReason.MALFORMED_JSON, lines[row])
            for row, value in enumerate(rows)
            if not isinstance(value, dict)
        ]
        columns = {name: _json_column([row.get(name) for row in objects]) for name in wanted or ()}
        yield Chunk(columns, numbers[kept], wrong, [lines[row] for row in kept])


def _blocks(text: IO[bytes], limits: Limits) -> Iterator[bytes]:
    rest = b""
    while block := text.read(limits.row_bytes):
        whole, newline, tail = (rest + block).rpartition(b"\n")
        if len(tail) > limits.row_bytes:
            raise HeldError(HoldReason.TOO_LARGE, f"a line over {limits.row_bytes} bytes")
        rest = tail
        if newline:
            yield whole
    if rest:
        yield rest


def _json_rows(lines: list[str]) -> list[Any]:
    try:
        found = _loads("[" + ",".join(lines) + "]")
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, list) and len(found) == len(lines) and all(map(_is_flat, found)):
        return found
    return [_json_row(line) for line in lines]


def _json_row(line: str) -> dict[str, Any] | None:
    try:
        found = _loads(line)
    except (ValueError, RecursionError):
        return None
    return found if _is_flat(found) else None


def _loads(text: str) -> Any:  # noqa: ANN401 - any JSON
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)


def _is_flat(found: Any) -> bool:  # noqa: ANN401 - any JSON
    if not isinstance(found, dict):
        return False
    return not any(
        isinstance(value, dict)
        or (isinstance(value, list) and not all(isinstance(item, str) for item in value))
        for value in found.values()
    )


def _json_column(values: list[Any]) -> pa.Array:
    if any(isinstance(value, list) for value in values):
        return pa.array(
            [value if isinstance(value, list) or value is None else [value] for value in values],
            TEXTS,
        )
    return pa.array(
        [("true" if value else "false") if isinstance(value, bool) else value for value in values],
        TEXT,
    )


def parquet_chunks(spool: Spool, feed: Feed, header: Header, limits: Limits) -> Iterator[Chunk]:
    """Read Parquet; values become text that says exactly the same.

    Raises:
        HeldError: not a whole Parquet file, a wrong schema, or a type that cannot be such a column.
    """
    try:
        file = pyarrow.parquet.ParquetFile(str(spool.path))
        if file.metadata.num_columns > limits.columns:
            raise HeldError(HoldReason.TOO_LARGE, f"more than {limits.columns} columns")
        _check_rows(file.metadata.num_rows, limits)
        wanted = header.judge(file.schema_arrow.names, feed, must=mapped(feed))
        _check_types(file.schema_arrow, feed, wanted)
        done = 0
        for batch in file.iter_batches(_PARQUET_ROWS, columns=wanted):
            batch.validate(full=True)
            columns = {name: _as_text(batch.column(name)) for name in wanted}
            numbers = np.arange(done + 1, done + 1 + batch.num_rows, dtype=np.int64)
            done += batch.num_rows
            yield Chunk(columns, numbers)
    except (pa.ArrowInvalid, OSError, pa.ArrowNotImplementedError) as error:
        raise HeldError(HoldReason.UNREADABLE, _first_line(error)) from error


def _check_types(schema: pa.Schema, feed: Feed, wanted: Sequence[str]) -> None:
    ids = {feed.columns.get(key) for key in ("transaction_id", "customer_id", "merchant_id")}
    for name in wanted:
        kind = schema.field(name).type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        is_text_list = pa.types.is_list(kind) and pa.types.is_string(kind.value_type)
        if (pa.types.is_nested(kind) and not is_text_list) or pa.types.is_binary(kind):
            raise HeldError(HoldReason.WRONG_TYPE, f"{name} is {kind}, which has no plain text")
        if name in ids and pa.types.is_floating(kind):
            raise HeldError(HoldReason.WRONG_TYPE, f"{name} is {kind}, which rounds long ids")


def _as_text(column: pa.Array) -> pa.Array:
    if pa.types.is_list(column.type):
        return pc.cast(column, TEXTS)
    return pc.cast(column, TEXT)


def _plain_text(column: pa.Array) -> pa.Array:
    return pc.binary_join(column, "|") if pa.types.is_list(column.type) else column


def _check_rows(rows: int, limits: Limits) -> None:
    if rows > limits.rows:
        raise HeldError(HoldReason.TOO_LARGE, f"more than {limits.rows} rows")


def _first_line(error: Exception) -> str:
    # pyarrow quotes the row after a colon; a reason never carries values
    return str(error).split("\n", 1)[0].split(":", 1)[0][:200]
