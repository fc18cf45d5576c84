"""Read CSV files as chunks of text.

This module checks every record against one grammar before it is parsed. Without the check, the
parser would treat a lone quote as the start of a field and swallow the lines up to the next quote.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from features.ingest.chunks import TEXT, Chunk, Header, Malformed, check_rows, required_names
from features.ingest.limits import Limits
from features.ingest.lines import Block, LineTally, Records, blocks
from features.ingest.reasons import SENTENCES, HeldError, HoldReason, RowReason
from features.sources.file_forms import Csv
from features.sources.mapping import SourceFeed


def csv_chunks(
    text: IO[bytes], feed: SourceFeed, header: Header, limits: Limits, tally: LineTally
) -> Iterator[Chunk]:
    """Read CSV.

    Raises:
        HeldError: the header is wrong, a record is not CSV, or a row is too long.
    """
    reader: _Reader | None = None
    done = 0
    for whole in blocks(text, limits, tally, multiline_fields=feed.csv.multiline_fields):
        block = whole
        if not len(block):
            continue
        _check_quotes(block, feed.csv, tally)
        if reader is None:
            names = _names(block, feed.csv, limits)
            tally.header = int(block.line_counts[0])
            tally.continuation -= tally.header - 1
            names_to_read = header.columns_to_read(names, feed, must=required_names(feed))
            reader = _Reader(names, names_to_read, feed.csv)
            block = block.after_first()
        done += len(block)
        check_rows(done, limits)
        yield reader.chunk(block, done - len(block))
    if reader is None:
        header.columns_to_read([], feed, must=required_names(feed))


@dataclass(frozen=True, slots=True)
class _Reader:
    """A parser of blocks: all column names, the names to read, and the source's form of CSV."""

    names: list[str]
    names_to_read: list[str]
    csv: Csv

    def chunk(self, block: Block, done: int) -> Chunk:
        """Return the rows of a block; `done` rows came before it."""
        malformed: list[int] = []

        def remember(row: Any) -> str:  # noqa: ANN401 - pyarrow's InvalidRow
            malformed.append(row.number - 1)
            return "skip"

        columns, rows = {}, 0
        if len(block):
            table = self._parse(block, remember)
            rows = table.num_rows
            columns = {name: _flat(table.column(name)) for name in self.names_to_read}
        if rows + len(malformed) != len(block):
            raise HeldError(
                HoldReason.UNREADABLE,
                f"{len(block)} records from line {block.line_numbers[0]} on are read as "
                f"{rows + len(malformed)} rows",
            )
        is_row = np.ones(len(block), np.bool_)
        is_row[malformed] = False
        return Chunk(
            columns,
            done + 1 + np.flatnonzero(is_row),
            [
                Malformed(
                    done + 1 + place,
                    RowReason.WRONG_FIELD_COUNT,
                    block.record(place),
                    SENTENCES[RowReason.WRONG_FIELD_COUNT],
                )
                for place in malformed
            ],
            Records(block, np.flatnonzero(is_row)),
            self.csv.delimiter,
        )

    def _parse(self, block: Block, remember: Any) -> pa.Table:  # noqa: ANN401 - a callback
        content = block.content
        if content.startswith(codecs.BOM_UTF8):
            content = codecs.BOM_UTF8 + content  # pyarrow removes one byte order mark
        return pyarrow.csv.read_csv(
            pa.py_buffer(content),
            # pyarrow knows the number of a malformed row only with one thread
            pyarrow.csv.ReadOptions(
                column_names=self.names, block_size=len(content) + 1, use_threads=False
            ),
            pyarrow.csv.ParseOptions(
                delimiter=self.csv.delimiter,
                quote_char='"' if self.csv.quoting == "standard" else False,
                newlines_in_values=self.csv.multiline_fields,
                invalid_row_handler=remember,
            ),
            pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(self.names, TEXT),
                include_columns=self.names_to_read,
                null_values=[],
                strings_can_be_null=False,
            ),
        )


def _flat(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _names(block: Block, described: Csv, limits: Limits) -> list[str]:
    text = block.text(0)
    if text.count(described.delimiter) > limits.columns:
        raise HeldError(HoldReason.TOO_LARGE, f"more than {limits.columns} columns")
    if described.quoting == "none":
        return text.split(described.delimiter)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=described.delimiter, strict=True)
    try:
        return next(reader, [])
    except csv.Error as error:
        raise HeldError(HoldReason.UNREADABLE, "the header is not CSV") from error


def _check_quotes(block: Block, described: Csv, tally: LineTally) -> None:
    """Check that each quote begins or ends a whole field.

    Raises:
        HeldError: with the line of the first record that breaks this rule.
    """
    if described.quoting == "none" or b'"' not in block.content:
        return
    is_csv = pc.match_substring_regex(block.texts(), _record(described.delimiter))
    wrong = pc.index(is_csv, False).as_py()
    if wrong < 0:
        return
    line, record = block.line_numbers[wrong], block.text(wrong)
    if re.fullmatch(_unclosed(described.delimiter), record, re.DOTALL) is None:
        raise HeldError(
            HoldReason.STRAY_QUOTE,
            f"line {line} has a quote where no field begins or ends, as when text follows a "
            f"closing quote; {_HINT}",
        )
    if line + block.line_counts[wrong] > tally.expected:
        raise HeldError(
            HoldReason.TRUNCATED, f"a quote is opened in line {line} and never closed; {_HINT}"
        )
    raise HeldError(
        HoldReason.MULTILINE_FIELD,
        f"line {line} opens a quoted field that does not end in it; where fields span lines, "
        f"the source declares csv.multiline_fields; {_HINT}",
    )


_HINT = "where quotes are plain text, the source declares csv.quoting: none"


def _fields(delimiter: str) -> str:
    mark = re.escape(delimiter)
    return rf'(?:"(?:[^"]|"")*"|[^"{mark}\r\n][^{mark}\r\n]*)?'


def _record(delimiter: str) -> str:
    """Return the pattern of a record; a quote inside an unquoted field is plain text."""
    field = _fields(delimiter)
    return rf"^{field}(?:{re.escape(delimiter)}{field})*[\r\n]*$"


def _unclosed(delimiter: str) -> str:
    return rf'(?:{_fields(delimiter)}{re.escape(delimiter)})*"(?:[^"]|"")*'
