"""Read one sheet of an Excel workbook as chunks of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from features.feeds.columns import ColumnKind
from features.ingest.chunks import (
    TEXT,
    Chunk,
    Header,
    Malformed,
    check_rows,
    is_only_text,
    required_names,
)
from features.ingest.limits import Limits
from features.ingest.lines import Numbers, Record
from features.ingest.readers.cells import Cell
from features.ingest.readers.sheet import Row, rows_of
from features.ingest.readers.workbook import Workbook, opened
from features.ingest.reasons import SENTENCES, HeldError, HoldReason, RowReason
from features.ingest.spool import Spool
from features.platform.card_numbers import mask
from features.sources.file_forms import Excel, folded
from features.sources.mapping import SourceFeed

_ROWS = 16_384


def excel_chunks(spool: Spool, feed: SourceFeed, header: Header, limits: Limits) -> Iterator[Chunk]:
    """Read the declared sheet, or the first one; dates and numbers become canonical text.

    Raises:
        HeldError: no whole workbook, no such sheet, a wrong header, or beyond the limits.
    """
    with opened(spool, limits) as workbook:
        name = _sheet(workbook, feed.excel, header.notes)
        rows = _without_footer(rows_of(workbook, workbook.sheets[name]), feed.excel)
        rows = (row for row in rows if row.place > feed.excel.skip_rows)
        names = list(feed.excel.header)
        if not names:
            first = next(rows, None)
            names = first.names() if first else []
        columns = _columns(names, feed, header)
        reader = _Reader(names, columns, feed.delivered_kinds)
        done, part = 0, list[Row]()
        for row in rows:
            if not done and not part and feed.excel.header:
                _check_headerless(row, feed.excel)
            part.append(row)
            if len(part) == _ROWS:
                yield reader.chunk(part, done)
                done, part = done + len(part), []
                check_rows(done, limits)
        yield reader.chunk(part, done)


def _columns(names: Sequence[str], feed: SourceFeed, header: Header) -> dict[str, str]:
    """Return the columns to read; a hold repeats which sheet was read."""
    notes = list(header.notes)
    try:
        return header.columns_to_read(names, feed, must=required_names(feed))
    except HeldError as error:
        hint = "; a title above the header is declared as excel.skip_rows"
        shown = hint if error.reason is HoldReason.MISSING_COLUMN else ""
        raise HeldError(error.reason, "; ".join([f"{error.detail}{shown}", *notes])) from None


def _sheet(workbook: Workbook, described: Excel, notes: list[str]) -> str:
    """Return the name of the sheet to read; note the others."""
    names = list(workbook.sheets)
    shown = ", ".join(ascii(mask(name)) for name in names[:10])
    if not names:
        raise HeldError(HoldReason.UNREADABLE, "the workbook shows no sheet of cells")
    if described.sheet is not None and described.sheet not in names:
        raise HeldError(
            HoldReason.UNREADABLE,
            f"there is no sheet {described.sheet!r}, as excel.sheet declares; there are {shown}",
        )
    name = described.sheet or names[0]
    if len(names) > 1 and described.sheet is None:
        notes.append(f"only the first of the sheets {shown} is read; excel.sheet names another one")
    return name


def _without_footer(rows: Iterator[Row], described: Excel) -> Iterator[Row]:
    if not described.footer:
        yield from rows
        return
    waiting: list[Row] = []
    for row in rows:
        if row.begins_with(described.footer):
            waiting.append(row)
            continue
        yield from waiting
        waiting = []
        yield row
    if not waiting:
        raise HeldError(
            HoldReason.TRUNCATED,
            "does not end with the footer that the source declares as excel.footer",
        )


def _check_headerless(row: Row, described: Excel) -> None:
    if [folded(name) for name in row.names()] == [folded(name) for name in described.header]:
        raise HeldError(
            HoldReason.UNREADABLE,
            "the first row is a header, though the source names the columns in excel.header; "
            "remove that key, or deliver sheets without a header",
        )


@dataclass(frozen=True, slots=True)
class _Originals:
    """Rows as delivered, by position; their place is the row's number in Excel."""

    rows: Sequence[Row]

    def __getitem__(self, row: int, /) -> Record:
        return Record(self.rows[row].text(), self.rows[row].place)

    @property
    def line_counts(self) -> Numbers:
        """One for each row."""
        return np.ones(len(self.rows), np.int64)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Builds chunks: all column names, the columns to read, and their kinds."""

    names: list[str]
    columns: Mapping[str, str]
    kinds: Mapping[str, Set[ColumnKind]]

    def chunk(self, part: Sequence[Row], done: int) -> Chunk:
        """Return rows as text; `done` rows came before them."""
        places = {name: self.names.index(name) for name in self.columns}
        words = {
            places[name]
            for name, to in self.columns.items()
            if is_only_text(self.kinds.get(to, frozenset()))
        }
        read = set(places.values())
        malformed, kept = [], []
        for position, row in enumerate(part):
            fault = self._fault(row, read, words)
            if fault is None:
                kept.append(position)
                continue
            malformed.append(
                Malformed(done + 1 + position, fault[0], Record(row.text(), row.place), fault[1])
            )
        rows = [part[position] for position in kept]
        columns = {
            described: pa.array([row.cells.get(places[name], _NONE).text for row in rows], TEXT)
            for name, described in self.columns.items()
        }
        numbers = done + 1 + np.array(kept, np.int64)
        return Chunk(columns, numbers, malformed, _Originals(rows), ",")

    def _fault(self, row: Row, read: Set[int], words: Set[int]) -> tuple[RowReason, str] | None:
        """Return the reason to reject a row for the types of its cells, with the detail."""
        if max(row.cells) >= len(self.names):
            return RowReason.WRONG_FIELD_COUNT, SENTENCES[RowReason.WRONG_FIELD_COUNT]
        for column, each in row.cells.items():
            if column not in read:
                continue
            fault = each.fault
            if not fault and not each.is_word and column in words:
                fault = "a date or true or false where text is needed; format the column as text"
            if fault:
                return RowReason.UNREADABLE_CELL, f"{self.names[column]}: {fault}"
        return None


_NONE = Cell(None)  # type: ignore[arg-type]  # an empty cell has no value
