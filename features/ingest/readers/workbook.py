"""Open an Excel workbook: its sheets, its shared texts and which cells are dates.

A workbook is a zip of XML files. They are parsed as a stream with the parser of Python: openpyxl
takes eight times as long, and readers that build a whole sheet allocate each empty cell between two
filled ones, so a sheet with two cells may exhaust the memory.
"""

from __future__ import annotations

import functools
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO
from xml.parsers import expat

from features.ingest.limits import Limits
from features.ingest.reasons import HeldError, HoldReason
from features.ingest.spool import BLOCK, Spool

Attributes = Mapping[str, str]
_BROKEN = (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, NotImplementedError)
_OLD = bytes.fromhex("d0cf11e0a1b11ae1")  # of old workbooks, and around a workbook with a password
_DATES = {*range(14, 18), 22, *range(27, 32), *range(34, 37), *range(50, 59)}
_TIMES = {18, 19, 20, 21, 32, 33, 45, 46, 47}
_WITH_TIME = {22}
_IGNORED = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CellFormat:
    """What a number format shows of a number: a date, a time of day, or neither."""

    is_date: bool = False
    is_time: bool = False


@dataclass(frozen=True, slots=True)
class Workbook:
    """An open workbook.

    Args:
        archive: its parts.
        sheets: the path of the part of each sheet, by name, in their order.
        texts: the shared texts.
        formats: the formats of cells, by the number of their style.
        is_1904: days are counted from 1904.
        limits: sizes of parts.
    """

    archive: zipfile.ZipFile
    sheets: Mapping[str, str]
    texts: Sequence[str]
    formats: Sequence[CellFormat]
    is_1904: bool
    limits: Limits


@contextmanager
def opened(spool: Spool, limits: Limits) -> Iterator[Workbook]:
    """Open a workbook; the errors of its parts hold the file.

    Raises:
        HeldError: no workbook, an old or protected one, a broken part, or beyond the limits.
    """
    try:
        _check_kind(spool)
        with zipfile.ZipFile(spool.path) as archive:
            _check_sizes(archive, spool, limits)
            yield _workbook(archive, limits)
    except _BROKEN as error:
        raise HeldError(
            HoldReason.UNREADABLE, "no Excel workbook, or one that is cut or broken"
        ) from error


def _check_kind(spool: Spool) -> None:
    if not spool.size:
        raise HeldError(HoldReason.TRUNCATED, "an empty file, without a workbook")
    with spool.path.open("rb") as file:
        if file.read(len(_OLD)) == _OLD:
            raise HeldError(
                HoldReason.UNREADABLE,
                "a workbook with a password, or an old .xls under another name; save it as .xlsx "
                "without a password",
            )


def _check_sizes(archive: zipfile.ZipFile, spool: Spool, limits: Limits) -> None:
    """Refuse a bomb; zipfile reads no more of a part than its entry states."""
    allowed = min(max(limits.ratio_floor, spool.size * limits.ratio), limits.text_bytes)
    if sum(part.file_size for part in archive.infolist()) > allowed:
        raise HeldError(HoldReason.TOO_LARGE, "the workbook inflates beyond the limits")


def _workbook(archive: zipfile.ZipFile, limits: Limits) -> Workbook:
    names = set(archive.namelist())
    roots = _relations(archive, "", limits) if "_rels/.rels" in names else {}
    path = next((target for kind, target in roots.values() if kind == "officeDocument"), "")
    if path not in names:
        raise HeldError(HoldReason.UNREADABLE, "the zip holds no Excel workbook")
    relations = _relations(archive, path, limits)
    sheets, is_1904 = _sheets(archive, path, relations, limits)
    parts = {kind: target for kind, target in relations.values() if target in names}
    texts = _shared(archive, parts["sharedStrings"], limits) if "sharedStrings" in parts else []
    formats = _formats(archive, parts["styles"], limits) if "styles" in parts else []
    return Workbook(
        archive,
        {name: target for name, target in sheets.items() if target in names},
        texts,
        formats,
        is_1904,
        limits,
    )


def parse(
    source: IO[bytes],
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> Iterator[None]:
    """Parse XML block by block, with names without their prefixes; yields after each block.

    Raises:
        HeldError: the XML declares entities.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    local = functools.lru_cache(maxsize=None)(_local)  # a sheet has few names and many elements

    def refuse(*_: object) -> None:
        raise HeldError(HoldReason.UNREADABLE, "the workbook declares entities of XML")

    parser.StartElementHandler = lambda name, attributes: start(local(name), attributes)
    parser.StartDoctypeDeclHandler = refuse
    if end is not None:
        parser.EndElementHandler = lambda name: end(local(name))
    if text is not None:
        parser.CharacterDataHandler = text
    while block := source.read(BLOCK // 4):
        parser.Parse(block, False)
        yield
    parser.Parse(b"", True)
    yield


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _elements(archive: zipfile.ZipFile, path: str, limits: Limits) -> list[tuple[str, Attributes]]:
    """Return the elements of a small part, without their texts."""
    if archive.getinfo(path).file_size > limits.footer_bytes:
        raise HeldError(HoldReason.TOO_LARGE, f"a part over {limits.footer_bytes} bytes")
    found: list[tuple[str, Attributes]] = []

    def start(name: str, attributes: Attributes) -> None:
        found.append((name, {_local(key): value for key, value in attributes.items()}))

    with archive.open(path) as source:
        for _ in parse(source, start):
            pass
    return found


def _relations(archive: zipfile.ZipFile, path: str, limits: Limits) -> dict[str, tuple[str, str]]:
    """Return the kind and the path of each part that a part refers to."""
    folder, _, file = path.rpartition("/")
    rels = posixpath.join(folder, "_rels", f"{file}.rels")
    if rels not in archive.namelist():
        return {}
    return {
        each.get("Id", ""): (
            each.get("Type", "").rpartition("/")[2],
            posixpath.normpath(posixpath.join("/", folder, each.get("Target", ""))).lstrip("/"),
        )
        for name, each in _elements(archive, rels, limits)
        if name == "Relationship"
    }


def _sheets(
    archive: zipfile.ZipFile,
    path: str,
    relations: Mapping[str, tuple[str, str]],
    limits: Limits,
) -> tuple[dict[str, str], bool]:
    """Return the sheets of cells that are shown, and whether days count from 1904."""
    sheets, is_1904 = {}, False
    for name, each in _elements(archive, path, limits):
        if name == "workbookPr":
            is_1904 = each.get("date1904", "0") in ("1", "true")
        elif name == "sheet" and each.get("state", "visible") == "visible":
            kind, target = relations.get(each.get("id", ""), ("", ""))
            if kind == "worksheet":
                sheets[each.get("name", "")] = target
    return sheets, is_1904


def _shared(archive: zipfile.ZipFile, path: str, limits: Limits) -> list[str]:
    if archive.getinfo(path).file_size > limits.dictionary_bytes:
        raise HeldError(HoldReason.TOO_LARGE, f"shared texts over {limits.dictionary_bytes} bytes")
    reader = TextReader()
    texts: list[str] = []

    def end(name: str) -> None:
        reader.end(name)
        if name == "si":
            texts.append(reader.take())

    with archive.open(path) as source:
        for _ in parse(source, lambda name, _: reader.start(name), end, reader.text):
            pass
    return texts


class TextReader:
    """Collects the text of a cell: all its runs, without the phonetic guide of Japanese."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._is_text = self._is_guide = False

    def start(self, name: str) -> None:
        """Begin an element."""
        if name == "rPh":
            self._is_guide = True
        self._is_text = name == "t" and not self._is_guide

    def end(self, name: str) -> None:
        """End an element."""
        self._is_text = False
        if name == "rPh":
            self._is_guide = False

    def text(self, part: str) -> None:
        """Add a part of the text."""
        if self._is_text:
            self._parts.append(part)

    def take(self) -> str:
        """Return the collected text, and begin the next."""
        text = "".join(self._parts)
        self._parts.clear()
        return unescaped(text)


def unescaped(text: str) -> str:
    """Return a text in which Excel's `_x000D_` is the character with that number."""
    if "_x" not in text:
        return text
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda match: chr(int(match[1], 16)), text)


def _formats(archive: zipfile.ZipFile, path: str, limits: Limits) -> list[CellFormat]:
    codes: dict[int, str] = {}
    formats: list[CellFormat] = []
    is_cell = False
    for name, each in _elements(archive, path, limits):
        if name == "numFmt":
            codes[int(each.get("numFmtId", "0"))] = each.get("formatCode", "")
        elif name in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
            is_cell = name == "cellXfs"
        elif name == "xf" and is_cell:
            number = int(each.get("numFmtId", "0"))
            formats.append(_of_code(codes[number]) if number in codes else _built_in(number))
    return formats


def _built_in(number: int) -> CellFormat:
    return CellFormat(number in _DATES, number in _TIMES or number in _WITH_TIME)


def _of_code(code: str) -> CellFormat:
    """Return what a format shows, of the form for positive numbers: `yyyy-mm-dd hh:mm`."""
    letters = set(_IGNORED.sub("", code.partition(";")[0]).lower())
    is_time = bool(letters & set("hs"))
    is_date = bool(letters & set("yd")) or ("m" in letters and not is_time)
    return CellFormat(is_date, is_time) if "general" not in code.lower() else CellFormat()
