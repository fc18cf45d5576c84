"""Read the rows of one JSON document as chunks of text: a list of objects, at a declared path.

The document is decoded value by value, so the memory holds one chunk of rows and never the whole
document. A document has no lines that count rows; its own end mark shows that it is whole.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, NoReturn

import numpy as np
import pyarrow as pa

from features.ingest.chunks import Chunk, Header, Malformed, check_rows
from features.ingest.limits import Limits
from features.ingest.lines import Record, Texts
from features.ingest.readers.json_rows import (
    Row,
    RowDecoder,
    check_keys,
    columns_of,
    is_list_of_objects,
    records_hint,
)
from features.ingest.reasons import HeldError, HoldReason, RowReason
from features.sources.mapping import SourceFeed

_ROWS = 16_384
_SPACE = re.compile(r"[ \t\n\r]*")
_FIRST_READ = 1 << 16
_LONGEST_MARK = 6  # characters of an escape such as \u00e9, or of a cut literal


def is_document(text: IO[bytes], feed: SourceFeed, limits: Limits) -> bool:
    """Return whether a `.json` file is one document; otherwise it has one object per line.

    Args:
        text: at its first character; the caller rewinds it.
        feed: whose source may declare the path of the rows.
        limits: the size of a row.
    """
    if feed.json_form.path:
        return True
    start = text.read(limits.row_bytes).lstrip()
    line = start.partition(b"\n")[0]
    is_line = isinstance(RowDecoder(feed).row(line.decode(errors="replace")), dict)
    return not (start.startswith(b"{") and is_line)


def document_chunks(
    text: IO[bytes], feed: SourceFeed, header: Header, limits: Limits
) -> Iterator[Chunk]:
    """Read the rows of a document.

    Raises:
        HeldError: not one whole JSON document, no list at the declared path, no required key, or a
            row is too long.
    """
    cursor = _Cursor(text, RowDecoder(feed), limits)
    done, size, part = 0, 0, list[_Element]()
    is_judged = False
    for element in _elements(cursor, feed.json_form.path):
        part.append(element)
        size += len(element.text)
        if len(part) == _ROWS or size > limits.row_bytes:
            is_judged = _judge(part, feed, header, limits, is_judged=is_judged)
            yield _chunk(part, feed, done)
            done, size, part = done + len(part), 0, []
            check_rows(done, limits)
    _judge(part, feed, header, limits, is_judged=is_judged)
    yield _chunk(part, feed, done)


@dataclass(frozen=True, slots=True)
class _Element:
    """One element of the list: its row or fault, its text, and the line where it begins."""

    row: Row | str
    text: str
    line: int


def _judge(
    part: Sequence[_Element], feed: SourceFeed, header: Header, limits: Limits, *, is_judged: bool
) -> bool:
    objects = [element.row for element in part if not isinstance(element.row, str)]
    if objects and not is_judged:
        check_keys(objects, feed, header, limits)
    return is_judged or bool(objects)


def _chunk(part: Sequence[_Element], feed: SourceFeed, done: int) -> Chunk:
    rows = [None if isinstance(element.row, str) else element.row for element in part]
    faults = {place: each.row for place, each in enumerate(part) if isinstance(each.row, str)}
    columns = columns_of(rows, feed, faults)
    kept = np.delete(np.arange(len(part)), sorted(faults))
    whole = [part[place] for place in kept.tolist()]
    return Chunk(
        {name: column.take(pa.array(kept, pa.int64())) for name, column in columns.items()},
        done + 1 + kept,
        [
            Malformed(
                done + 1 + place,
                RowReason.MALFORMED_JSON,
                Record(part[place].text, part[place].line),
                fault,
            )
            for place, fault in sorted(faults.items())
        ],
        Texts([each.text for each in whole], [each.line for each in whole]),
    )


def _elements(cursor: _Cursor, path: Sequence[str]) -> Iterator[_Element]:
    """Yield the elements of the list at a path, and check the document to its end."""
    for depth, key in enumerate(path):
        if cursor.peek() == "[" and not depth:
            cursor.refuse("the document is a list itself; the source needs no json.records")
        _descend(cursor, key, path[: depth + 1])
    if cursor.peek() != "[":
        _refuse_place(cursor, path)
    cursor.take("[")
    yield from _items(cursor)
    for key in reversed(path):
        while cursor.continues("}"):
            if _key(cursor) == key:
                cursor.refuse(f"the key {key[:60]!r} occurs twice")
            cursor.value()
    if cursor.peek():
        cursor.refuse("text follows the end of the document")


def _items(cursor: _Cursor) -> Iterator[_Element]:
    """Yield the elements of a list behind its first mark."""
    if cursor.peek() == "]":
        cursor.take("]")
        return
    is_open = True
    while is_open:
        line = cursor.line()
        value, text = cursor.value()
        yield _Element(cursor.decoder.as_row(value, text), text, line)
        is_open = cursor.continues("]")


def _descend(cursor: _Cursor, key: str, path: Sequence[str]) -> None:
    """Move to the value of a key of an object."""
    passed: list[str] = []
    if cursor.peek() != "{":
        cursor.refuse(f"json.records: {'.'.join(path)[:200]!r} is not in an object")
    cursor.take("{")
    if cursor.peek() != "}":
        while (found := _key(cursor)) != key:
            passed.append(found)
            cursor.value()
            if not cursor.continues("}"):
                break
        else:
            return
    shown = ", ".join(ascii(name[:60]) for name in passed[:10])
    cursor.refuse(f"json.records: the document has no key {key[:60]!r} there; it has {shown}")


def _key(cursor: _Cursor) -> str:
    if cursor.peek() != '"':
        cursor.refuse("no key where an object needs one")
    key, _ = cursor.value()
    cursor.take(":")
    return str(key)


def _refuse_place(cursor: _Cursor, path: Sequence[str]) -> NoReturn:
    """Refuse a place that is no list; an object may have the list of rows further inside."""
    if path:
        cursor.refuse("json.records names no list")
    if not cursor.peek():
        raise HeldError(HoldReason.TRUNCATED, "an empty file, without a JSON document")
    value, text = cursor.value()
    row = cursor.decoder.as_row(value, text)
    lists = [] if isinstance(row, str) else [k for k, v in row.items() if is_list_of_objects(v)]
    hint = records_hint(lists) if lists else "send a list of objects, or one object per line"
    raise HeldError(HoldReason.UNREADABLE, f"the document is no list of rows; {hint}")


class _Cursor:
    """A place in a text that is decoded value by value."""

    def __init__(self, text: IO[bytes], decoder: RowDecoder, limits: Limits) -> None:
        self.decoder = decoder
        self._text, self._limits = text, limits
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._buffer, self._place, self._lines = "", 0, 1
        self._is_whole = False

    def line(self) -> int:
        """Return the number of the line of the next value."""
        self.peek()
        return self._lines + self._buffer.count("\n", 0, self._place)

    def peek(self) -> str:
        """Return the next character that is no white space; empty at the end."""
        while True:
            match = _SPACE.match(self._buffer, self._place)
            self._place = match.end() if match else self._place
            if self._place < len(self._buffer):
                return self._buffer[self._place]
            if not self._read(_FIRST_READ):
                return ""

    def take(self, mark: str) -> None:
        """Move behind a mark."""
        if self.peek() != mark:
            self.refuse(f"{mark!r} is missing")
        self._place += 1

    def continues(self, end: str) -> bool:
        """Move behind a comma, or behind the end mark; return whether it was a comma."""
        is_comma = self.peek() == ","
        self.take("," if is_comma else end)
        return is_comma

    def value(self) -> tuple[Any, str]:
        """Decode the next value, and return it with its text."""
        self.peek()
        size = _FIRST_READ
        while True:
            try:
                value, end = self.decoder.value(self._buffer, self._place)
            except RecursionError:
                self.refuse("nested too deep")
            except ValueError as error:
                end = len(self._buffer)
                if self._is_whole:
                    self.refuse("no JSON", is_cut=self._is_at_end(error))
            if end < len(self._buffer) or self._is_whole:
                text = self._buffer[self._place : end]
                self._place = end
                return value, text
            if len(self._buffer) - self._place > self._limits.row_bytes:
                self.refuse(f"no JSON, or a value over {self._limits.row_bytes} bytes")
            self._read(size)
            size *= 2

    def refuse(self, fault: str, *, is_cut: bool = False) -> NoReturn:
        """Hold the file at this place.

        Raises:
            HeldError: always; truncated if the text ends here.
        """
        line = self._lines + self._buffer.count("\n", 0, self._place)
        if is_cut or (self._is_whole and not self._buffer[self._place :].strip()):
            raise HeldError(
                HoldReason.TRUNCATED, f"the document ends before the value of line {line} is whole"
            )
        raise HeldError(HoldReason.UNREADABLE, f"line {line}: {fault}")

    def _is_at_end(self, error: ValueError) -> bool:
        """Return whether a value is no JSON only because the text ends in it."""
        if not isinstance(error, json.JSONDecodeError):
            return False
        is_open = error.msg.startswith("Unterminated string")
        return is_open or error.pos + _LONGEST_MARK >= len(self._buffer.rstrip())

    def _read(self, size: int) -> bool:
        """Append text to the buffer, without its consumed part; return whether there was more."""
        read = self._text.read(size)
        self._is_whole = not read
        self._lines += self._buffer.count("\n", 0, self._place)
        self._buffer = self._buffer[self._place :] + self._utf8.decode(read, final=not read)
        self._place = 0
        return bool(read)
