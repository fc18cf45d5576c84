"""Read the rows of one sheet of a workbook as a stream of cells."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from features.ingest.readers.cells import Cell, cell
from features.ingest.readers.workbook import Attributes, TextReader, Workbook, parse
from features.ingest.reasons import HeldError, HoldReason

_REFERENCE = re.compile(r"([A-Z]{1,3})[0-9]*")


@dataclass(slots=True)
class Row:
    """One row of a sheet that has a filled cell.

    Args:
        place: its number in Excel.
        cells: by the number of their column, from 0.
    """

    place: int
    cells: dict[int, Cell] = field(default_factory=dict)

    def names(self) -> list[str]:
        """Return the cells as names of columns; a column without a name gets its letter."""
        return [
            self.cells[column].text if column in self.cells else f"(column {_letters(column)})"
            for column in range(max(self.cells) + 1)
        ]

    def text(self) -> str:
        """Return the row as a line of CSV."""
        line = io.StringIO()
        fields = [self.cells.get(column, _EMPTY).text for column in range(max(self.cells) + 1)]
        csv.writer(line, lineterminator="").writerow(fields)
        return line.getvalue()

    def begins_with(self, marks: tuple[str, ...]) -> bool:
        """Return whether the first filled cell begins with one of these texts."""
        return self.cells[min(self.cells)].text.lstrip().startswith(marks)


_EMPTY = Cell("")


def _letters(column: int) -> str:
    text = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def rows_of(workbook: Workbook, path: str) -> Iterator[Row]:
    """Yield the rows of a sheet that have a filled cell."""
    handler = _SheetHandler(workbook)
    with workbook.archive.open(path) as source:
        for _ in parse(source, handler.start, handler.end, handler.text):
            yield from handler.take()


class _SheetHandler:
    """Collects the rows of a sheet from the events of the XML parser."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._rows: list[Row] = []
        self._row = Row(0)
        self._column, self._kind, self._style = -1, "n", 0
        self._value: list[str] | None = None
        self._is_value = self._has_formula = False
        self._inline = TextReader()
        self._size = 0

    def take(self) -> list[Row]:
        """Return the rows that are complete."""
        rows, self._rows = self._rows, []
        return rows

    def start(self, name: str, attributes: Attributes) -> None:
        """Begin an element."""
        if name == "c":
            self._begin_cell(attributes)
        elif name == "v":
            self._is_value, self._value = True, []
        elif name == "row":
            place = attributes.get("r")
            self._row = Row(int(place) if place else self._row.place + 1)
            self._column, self._size = -1, 0
        elif name == "f":
            self._has_formula = True
        elif self._kind == "inlineStr":
            if name == "is":
                self._value = []
            self._inline.start(name)

    def end(self, name: str) -> None:
        """End an element."""
        if name == "v":
            self._is_value = False
        elif name == "c":
            self._end_cell()
        elif name == "row":
            if self._row.cells:
                self._rows.append(self._row)
        elif self._kind == "inlineStr":
            self._inline.end(name)

    def text(self, part: str) -> None:
        """Add a part of a text."""
        self._size += len(part)
        if self._size > self._workbook.limits.row_bytes:
            limit = self._workbook.limits.row_bytes
            raise HeldError(HoldReason.TOO_LARGE, f"a row over {limit} bytes")
        if self._is_value and self._value is not None:
            self._value.append(part)
        elif self._kind == "inlineStr":
            self._inline.text(part)

    def _begin_cell(self, attributes: Attributes) -> None:
        match = _REFERENCE.match(attributes.get("r", ""))
        self._column = _number(match[1]) if match else self._column + 1
        self._kind = attributes.get("t", "n")
        self._style = int(attributes.get("s", "0"))
        self._value, self._has_formula = None, False

    def _end_cell(self) -> None:
        value = "".join(self._value) if self._value is not None else None
        if self._kind == "inlineStr" and value is not None:
            value = value or self._inline.take()
        found = cell(self._kind, self._style, value, self._workbook)
        if found is None and self._has_formula:
            found = Cell("", "a formula without its value; open the file in Excel and save it")
        self._kind = "n"
        if found is None or (not found.text and not found.fault):
            return
        if self._column >= self._workbook.limits.columns:
            limit = self._workbook.limits.columns
            raise HeldError(HoldReason.TOO_LARGE, f"more than {limit} columns")
        self._row.cells[self._column] = found


def _number(letters: str) -> int:
    """Return the number of a column by its letters; A is 0."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
