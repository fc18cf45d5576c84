"""Turn the cells of an Excel sheet into canonical text, without loss.

Excel stores dates as numbers of days, and each number in floating point. A whole number up to 15
digits is exact; a longer one was rounded by Excel and keeps its exponent, so that no identifier is
made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from features.ingest.readers.workbook import CellFormat, Workbook, unescaped

_EXACT = 1e15
_DAY = 86_400_000  # milliseconds, which is as exact as the days of Excel are
_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - local times
_LAST_DAY = 2_958_466
_PLAIN: Final = CellFormat()


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell.

    Args:
        text: its value.
        fault: why it has no value that can be read; empty if it has one.
        is_word: whether it may be an identifier or another text: text, or a whole number.
    """

    text: str
    fault: str = ""
    is_word: bool = True


def cell(kind: str, style: int, value: str | None, workbook: Workbook) -> Cell | None:
    """Return a cell, or None if it is empty.

    Args:
        kind: the type of the cell: n, s, str, inlineStr, b, e or d.
        style: the number of its style.
        value: as stored.
        workbook: the shared texts and the formats.
    """
    if value is None or (kind == "n" and not value.strip()):
        return None
    read = _OF_KIND.get(kind)
    if read is not None:
        return read(value)
    if kind == "s":
        place = int(value)
        return Cell(workbook.texts[place]) if 0 <= place < len(workbook.texts) else _BROKEN
    shown = workbook.formats[style] if 0 <= style < len(workbook.formats) else _PLAIN
    if shown.is_date or shown.is_time:
        return _moment(float(value), shown, is_1904=workbook.is_1904)
    return Cell(_number(value))


def _word(value: str) -> Cell:
    return Cell(unescaped(value))


def _flag(value: str) -> Cell:
    return Cell("true" if value.strip() in ("1", "true") else "false", is_word=False)


def _iso_moment(value: str) -> Cell:
    return Cell(value, is_word=False)


def _error(value: str) -> Cell:
    return Cell(value, "an error of the spreadsheet in place of a value")


_OF_KIND: Final[Mapping[str, Callable[[str], Cell]]] = {
    "str": _word,
    "inlineStr": _word,
    "b": _flag,
    "d": _iso_moment,
    "e": _error,
}
_BROKEN: Final = Cell("", "a text that the workbook does not have")


def _number(value: str) -> str:
    number = float(value)
    if abs(number) >= _EXACT:
        return repr(number) if "e" in repr(number) else f"{number:e}"
    if number.is_integer():
        return str(int(number))
    return format(Decimal(repr(number)), "f")


def _moment(days: float, shown: CellFormat, *, is_1904: bool) -> Cell:
    """Return a date, a time of day, or both, as ISO 8601; a time of day alone has no day."""
    if not 0 <= days < _LAST_DAY:
        return Cell(repr(days), "a date that Excel cannot show")
    passed = timedelta(milliseconds=round(days * _DAY))
    if not shown.is_date and passed < timedelta(days=1):
        return Cell(_clock(datetime(2000, 1, 1) + passed), is_word=False)  # noqa: DTZ001
    if not is_1904 and days < 61:  # Excel has a 29th of February 1900
        if int(days) in (0, 60):
            return Cell(repr(days), "a day that does not exist")
        passed += timedelta(days=1)
    moment = (_EPOCH_1904 if is_1904 else _EPOCH) + passed
    has_clock = shown.is_time or passed % timedelta(days=1)
    text = f"{moment:%Y-%m-%d}"
    return Cell(f"{text}T{_clock(moment)}" if has_clock else text, is_word=False)


def _clock(moment: datetime) -> str:
    text = f"{moment:%H:%M:%S}"
    return f"{text}.{moment.microsecond // 1000:03d}" if moment.microsecond else text
