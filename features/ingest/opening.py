"""Open a spooled file in the format of its name, ready to be read as often as is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from features.ingest.checks import Rules
from features.ingest.chunks import Chunk, Header
from features.ingest.limits import Limits
from features.ingest.lines import LineTally
from features.ingest.readers.arrow_files import arrow_chunks
from features.ingest.readers.avro_files import avro_chunks
from features.ingest.readers.csv_files import csv_chunks
from features.ingest.readers.excel_files import excel_chunks
from features.ingest.readers.json_documents import document_chunks, is_document
from features.ingest.readers.json_files import json_chunks
from features.ingest.readers.parquet_files import parquet_chunks
from features.ingest.reasons import HeldError
from features.ingest.spool import Spool
from features.ingest.suffixes import file_format, member_format
from features.ingest.text import Text, text_of
from features.ingest.unpack import unpacked
from features.sources.file_forms import FileFormat
from features.sources.mapping import SourceFeed

_Reader = Callable[[Spool, SourceFeed, Header, Limits], Iterator[Chunk]]

#: The readers of formats that are no text.
_READERS: Mapping[FileFormat, _Reader] = {
    FileFormat.PARQUET: parquet_chunks,
    FileFormat.ARROW: arrow_chunks,
    FileFormat.AVRO: avro_chunks,
    FileFormat.XLSX: excel_chunks,
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One pass over a file, and the lines that it counts; a format may have none."""

    chunks: Iterator[Chunk]
    lines: LineTally | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A file that can be read from its first row as often as is needed.

    Args:
        kind: its format.
        spool: its bytes, without compression.
        text: its text, if it is one.
        is_document: whether its JSON is one document, which has no lines of rows.
    """

    kind: FileFormat
    spool: Spool
    text: Text | None = None
    is_document: bool = False

    def read(self, rules: Rules, header: Header) -> Reading:
        """Begin a pass over the rows."""
        feed, limits = rules.feed, rules.limits
        if self.text is None:
            return Reading(_READERS[self.kind](self.spool, feed, header, limits))
        text = self.text.rewound()
        if self.is_document:
            return Reading(document_chunks(text, feed, header, limits))
        lines = LineTally(self.text.lines)
        if self.kind.has_fields:
            return Reading(csv_chunks(text, feed, header, limits, lines, self.kind), lines)
        return Reading(json_chunks(text, feed, header, limits, lines), lines)


@contextmanager
def opened(name: str, spool: Spool, rules: Rules) -> Iterator[File]:
    """Yield a spooled file in the format of its name.

    Raises:
        HeldError: the feed does not accept the format, or the file is broken.
    """
    feed, limits = rules.feed, rules.limits
    kind, packing = file_format(name, feed)
    with unpacked(spool, packing, limits) as (plain, member):
        kind = kind or member_format(member, feed)
        if not kind.is_text:
            yield File(kind, plain)
            return
        is_json = kind is FileFormat.JSON
        with text_of(plain, feed=feed, limits=limits, may_end_in_line=is_json) as text:
            is_one = is_json and is_document(text.rewound(), feed, limits)
            try:
                yield File(kind, plain, text, is_one)
            except HeldError as error:
                error.lines = None if is_one else text.lines
                raise
