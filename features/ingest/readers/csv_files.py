"""Read CSV and other text with one row per line as chunks of text."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.csv

from features.ingest.chunks import TEXT, Chunk, Header, Malformed, check_rows, required_names
from features.ingest.limits import Limits
from features.ingest.lines import Block, LineTally, Quotes, Records, blocks
from features.ingest.readers.field_form import FieldForm
from features.ingest.readers.framing import Framed
from features.ingest.reasons import SENTENCES, HeldError, HoldReason, RowReason
from features.sources.file_forms import Csv, FileFormat, folded
from features.sources.mapping import SourceFeed

_COMMON_DELIMITERS = (",", ";", "\t", "|")


def csv_chunks(
    text: IO[bytes],
    feed: SourceFeed,
    header: Header,
    limits: Limits,
    tally: LineTally,
    kind: FileFormat = FileFormat.CSV,
) -> Iterator[Chunk]:
    """Read CSV, or other text with one row per line.

    Raises:
        HeldError: the header is wrong, a record is not CSV, or a row is too long.
    """
    form = FieldForm.of(feed.csv, kind)
    framed = Framed(text, feed.csv, limits, tally, header.notes)
    reader: _Reader | None = None
    done = 0
    quotes = Quotes(form.quote, are_escaped=form.is_escaped) if form.is_multiline else None
    for whole in blocks(cast("IO[bytes]", framed), limits, tally, quotes=quotes):
        block = whole
        if not len(block):
            continue
        form.check(block, tally)
        if reader is None:
            first = form.fields(block, limits)
            names = list(feed.csv.header) or first
            if feed.csv.header:
                _check_headerless(first, feed.csv)
            else:
                lines = int(block.line_counts[0])
                tally.header += lines
                tally.continuation -= lines - 1
                block = block.after_first()
            reader = _Reader(names, _columns(names, first, feed, header, form), form)
        done += len(block)
        check_rows(done, limits)
        yield reader.chunk(block, done - len(block))
    if reader is None:
        header.columns_to_read(feed.csv.header, feed, must=required_names(feed))
    framed.finish()


def _check_headerless(first: Sequence[str], described: Csv) -> None:
    """Refuse a header where the source says that there is none, and a first row of other width."""
    if list(map(folded, first)) == list(map(folded, described.header)):
        raise HeldError(
            HoldReason.UNREADABLE,
            "the first line is a header, though the source names the columns in csv.header; "
            "remove that key, or deliver files without a header",
        )


def _columns(
    names: list[str], first: Sequence[str], feed: SourceFeed, header: Header, form: FieldForm
) -> dict[str, str]:
    """Return the columns to read; a hold names the delimiter that the file seems to have."""
    try:
        return header.columns_to_read(names, feed, must=required_names(feed))
    except HeldError as error:
        line = form.delimiter.join(first)
        known = set(map(folded, feed.delivered_columns))
        for other in _COMMON_DELIMITERS:
            parts = {folded(part.strip('"')) for part in line.split(other)}
            if other != form.delimiter and len(parts & known) > 1:
                raise HeldError(
                    error.reason,
                    f"the header is not separated by {form.delimiter!r} but by {other!r}: the "
                    "source declares it as csv.delimiter",
                ) from None
        raise


@dataclass(frozen=True, slots=True)
class _Reader:
    """A parser of blocks.

    Args:
        names: of all columns.
        columns: the described name of each column to read, by its name in the file.
        form: the source's form of text.
    """

    names: list[str]
    columns: dict[str, str]
    form: FieldForm

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
            columns = {
                described: _flat(table.column(name)) for name, described in self.columns.items()
            }
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
            self.form.delimiter,
        )

    def _parse(self, block: Block, remember: Any) -> pa.Table:  # noqa: ANN401 - a callback
        content = self.form.unescaped(block.content)
        if content.startswith(codecs.BOM_UTF8):
            content = codecs.BOM_UTF8 + content  # pyarrow removes one byte order mark
        return pyarrow.csv.read_csv(
            pa.py_buffer(content),
            # pyarrow knows the number of a malformed row only with one thread
            pyarrow.csv.ReadOptions(
                column_names=self.names, block_size=len(content) + 1, use_threads=False
            ),
            pyarrow.csv.ParseOptions(
                delimiter=self.form.delimiter,
                quote_char=self.form.quote or False,
                newlines_in_values=self.form.is_multiline,
                invalid_row_handler=remember,
            ),
            pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(self.names, TEXT),
                include_columns=list(self.columns),
                null_values=[],
                strings_can_be_null=False,
            ),
        )


def _flat(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
