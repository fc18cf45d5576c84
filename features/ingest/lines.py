"""Split text into blocks of whole records, and count every physical line.

A line ends with LF, CRLF or CR. A record is one line. If the source declares multi-line fields, a
record extends to a line end outside of quotes. The register keeps the counts, and closure compares
them with the rows, so closure detects a line without a record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import IO, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.ingest.limits import Limits
from features.ingest.reasons import HeldError, HoldReason

LF, CR = 10, 13
_RECORDS = 131_072  # most records of a block; records of 64 bytes or more fill it with fewer
Numbers = npt.NDArray[np.int64]


@dataclass(slots=True)
class LineTally:
    """The physical lines of one file, counted block by block.

    Args:
        expected: number of lines, counted before the split of the file.
        total: all lines, including a last line without an end.
        header: lines of the header.
        blank: lines without a record.
        continuation: lines after the first of a record.
    """

    expected: int
    total: int = 0
    header: int = 0
    blank: int = 0
    continuation: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """One record as delivered: its text, its first line in the file, and its number of lines.

    A format without lines has no line number, and each of its rows counts as one line.
    """

    text: str
    line_number: int | None = None
    line_count: int = 1


@dataclass(frozen=True, slots=True)
class Block:
    """Whole records of a text file, without blank lines.

    Args:
        content: the bytes of the block.
        starts: offset of each record in the content.
        ends: offset behind each record, without its line end.
        line_numbers: first line of each record in the file; 1 is the first.
        line_counts: lines of each record.
    """

    content: bytes
    starts: Numbers
    ends: Numbers
    line_numbers: Numbers
    line_counts: Numbers

    def __len__(self) -> int:
        return len(self.starts)

    def text(self, position: int) -> str:
        """Return the text of one record, without its line end."""
        return self.content[self.starts[position] : self.ends[position]].decode()

    def record(self, position: int) -> Record:
        """Return one record."""
        line, count = int(self.line_numbers[position]), int(self.line_counts[position])
        return Record(self.text(position), line, count)

    def texts(self) -> pa.Array:
        """Return the records as a column that shares the block's memory."""
        # a value extends to the next record, so it may end with line ends and blank lines
        offsets = np.append(self.starts, len(self.content)).astype(np.int32)
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(self.content)]
        return pa.Array.from_buffers(pa.string(), len(self), buffers)

    def after_first(self) -> Block:
        """Return the block without its first record."""
        first = int(self.starts[1]) if len(self) > 1 else len(self.content)
        kept = np.arange(1, len(self))
        rest = self.only(kept)
        return replace(
            rest, content=self.content[first:], starts=rest.starts - first, ends=rest.ends - first
        )

    def only(self, positions: Numbers) -> Block:
        """Return the block with only the records at these positions; the content is unchanged."""
        return Block(
            self.content,
            self.starts[positions],
            self.ends[positions],
            self.line_numbers[positions],
            self.line_counts[positions],
        )


class Originals(Protocol):
    """Rows as delivered, by position in a chunk."""

    def __getitem__(self, row: int, /) -> Record:
        """Return one row."""

    @property
    def line_counts(self) -> Numbers:
        """Lines of each row."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Rows of a format without lines: their texts, and the line or row where each begins.

    Args:
        texts: of the rows.
        places: of the rows in the file.
    """

    texts: Sequence[str]
    places: Sequence[int]

    def __getitem__(self, row: int, /) -> Record:
        return Record(self.texts[row], self.places[row])

    @property
    def line_counts(self) -> Numbers:
        """One for each row, because the register counts no lines of such a file."""
        return np.ones(len(self.texts), np.int64)


@dataclass(frozen=True, slots=True)
class Records:
    """Some records of a block, by their positions in it."""

    block: Block
    positions: Numbers

    def __getitem__(self, row: int, /) -> Record:
        return self.block.record(int(self.positions[row]))

    @property
    def line_counts(self) -> Numbers:
        """Lines of each record."""
        return self.block.line_counts[self.positions]


@dataclass(frozen=True, slots=True)
class Quotes:
    """The character around quoted fields, and whether a backslash escapes it."""

    mark: str
    are_escaped: bool = False


def blocks(
    text: IO[bytes], limits: Limits, tally: LineTally, *, quotes: Quotes | None = None
) -> Iterator[Block]:
    """Yield the records of a text in blocks of about `limits.row_bytes`.

    Args:
        text: valid UTF-8, at its first character.
        limits: sizes of a record and of a block.
        tally: receives the counts of lines.
        quotes: a line end between two of them does not end a record; None: every one does.

    Raises:
        HeldError: a record is too long.
    """
    rest, is_last = b"", False
    while not is_last:
        read = text.read(limits.row_bytes)
        is_last = not read
        content = rest + read
        line_ends = _line_ends(content, is_last=is_last)
        record_ends = _outside_quotes(content, line_ends, quotes) if quotes else line_ends
        if is_last and content and (not len(record_ends) or record_ends[-1] < len(content)):
            record_ends = np.append(record_ends, len(content))
        whole = int(record_ends[-1]) if len(record_ends) else 0
        rest = content[whole:]
        _check_size(record_ends, len(rest), limits)
        if whole:
            yield from _parts(content[:whole], line_ends, record_ends, tally)


def count_line_ends(content: bytes, *, follows_return: bool) -> int:
    """Return the number of line ends in a part of a text.

    Args:
        content: any bytes.
        follows_return: the part before it ended with CR, which may be half of a CRLF.
    """
    ends = content.count(b"\n") - (follows_return and content.startswith(b"\n"))
    if b"\r" in content:
        ends += content.count(b"\r") - content.count(b"\r\n")
    return ends


def _line_ends(content: bytes, *, is_last: bool) -> Numbers:
    """Return the offset behind each line end; a CR at the end of a block may be half of a CRLF."""
    octets = np.frombuffer(content, np.uint8)
    ends = np.flatnonzero(octets == LF)
    if b"\r" in content:
        returns = np.flatnonzero(octets == CR)
        followers = np.append(octets, LF if not is_last else 0)[returns + 1]
        ends = np.union1d(ends, returns[followers != LF])
    behind: Numbers = np.asarray(ends, np.int64) + 1
    return behind


def _outside_quotes(content: bytes, line_ends: Numbers, quotes: Quotes) -> Numbers:
    mark = quotes.mark.encode()
    if quotes.are_escaped:  # bytes of the same length, which are no quotes
        content = content.replace(b"\\\\", b"__").replace(b"\\" + mark, b"__")
    places = np.flatnonzero(np.frombuffer(content, np.uint8) == ord(mark))
    quotes_before = np.searchsorted(places, line_ends)
    record_ends: Numbers = line_ends[quotes_before % 2 == 0]
    return record_ends


def _check_size(record_ends: Numbers, rest: int, limits: Limits) -> None:
    longest = int(np.diff(record_ends, prepend=0).max(initial=0))
    if max(longest, rest) > limits.row_bytes:
        raise HeldError(HoldReason.TOO_LARGE, f"a row over {limits.row_bytes} bytes")


def _block(content: bytes, line_ends: Numbers, record_ends: Numbers, tally: LineTally) -> Block:
    starts = np.concatenate((np.zeros(1, np.int64), record_ends[:-1]))
    # the last line of a file may have no end
    ends_of_lines = (
        line_ends
        if len(line_ends) and line_ends[-1] == len(content)
        else np.append(line_ends, len(content))
    )
    lines_before = np.searchsorted(ends_of_lines, starts, side="right")
    counts = np.searchsorted(ends_of_lines, record_ends, side="right") - lines_before
    numbers = tally.total + 1 + lines_before
    stripped = _without_line_end(content, starts, record_ends)
    kept = stripped > starts
    tally.total += len(ends_of_lines)
    tally.blank += int(len(kept) - kept.sum())
    tally.continuation += int((counts[kept] - 1).sum())
    return Block(content, starts[kept], stripped[kept], numbers[kept], counts[kept])


def _parts(
    content: bytes, line_ends: Numbers, record_ends: Numbers, tally: LineTally
) -> Iterator[Block]:
    """Yield the records of a part in blocks, because many short lines would fill the memory."""
    start = 0
    for first in range(0, len(record_ends), _RECORDS):
        ends = record_ends[first : first + _RECORDS]
        end = int(ends[-1])
        lines = line_ends[(line_ends > start) & (line_ends <= end)]
        yield _block(content[start:end], lines - start, ends - start, tally)
        start = end


def _without_line_end(content: bytes, starts: Numbers, ends: Numbers) -> Numbers:
    octets = np.frombuffer(content, np.uint8)
    stripped = ends.copy()
    for end_of_line in ((LF,), (CR,)):
        last = octets[np.maximum(stripped - 1, 0)]
        stripped -= ((stripped > starts) & np.isin(last, end_of_line)).astype(np.int64)
    return stripped
