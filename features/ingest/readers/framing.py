"""Find the lines of a text before its header and after its last row.

Exports write a title, comments or a count around their rows. The source declares them; the lines
are counted with the header, so every line of the file stays accounted for.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from typing import IO

from features.ingest.limits import Limits
from features.ingest.lines import LineTally, count_line_ends
from features.ingest.reasons import HeldError, HoldReason
from features.sources.file_forms import Csv

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_TAIL = 1 << 20


class Framed(io.RawIOBase):
    """The part of a text from its header to its last row.

    Args:
        text: at its first character.
        described: the source's form of text files.
        limits: the size of a row.
        tally: receives the lines before the header at once.
        notes: receives a note on the lines that are no rows.

    Raises:
        HeldError: the file ends before its header, or without its declared footer.
    """

    def __init__(
        self, text: IO[bytes], described: Csv, limits: Limits, tally: LineTally, notes: list[str]
    ) -> None:
        super().__init__()
        self._text, self._tally = text, tally
        start = text.tell()
        before = _preamble(text, described, limits)
        self._place = start + len(before)
        self._end = _footer_start(text, described, self._place)
        lines = count_line_ends(before, follows_return=False)
        tally.total += lines
        tally.header += lines
        text.seek(self._end)
        after = text.read()
        self._after = count_line_ends(after, follows_return=False)
        self._after += bool(after) and not after.endswith((b"\n", b"\r"))
        text.seek(self._place)
        if lines or self._after:
            notes.append(
                f"{lines} lines before the header and {self._after} after the last row are no "
                "rows, as the source declares"
            )

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes before the footer."""
        left = self._end - self._place
        part = self._text.read(left if size < 0 else min(size, left))
        self._place += len(part)
        return part

    def finish(self) -> None:
        """Count the lines of the footer, after the last row."""
        self._tally.total += self._after
        self._tally.header += self._after


def _preamble(text: IO[bytes], described: Csv, limits: Limits) -> bytes:
    """Return the text before the header."""
    if not described.skip_lines and described.comment is None:
        return b""
    content = text.read(limits.row_bytes)
    end = 0
    mark = described.comment.encode() if described.comment is not None else None
    for number, line in enumerate(_lines(content)):
        is_comment = mark is not None and line.lstrip().startswith(mark)
        if number >= described.skip_lines and not is_comment:
            return content[:end]
        end += len(line)
    if len(content) == limits.row_bytes:
        raise HeldError(HoldReason.TOO_LARGE, f"more than {end} bytes before the header")
    raise HeldError(
        HoldReason.TRUNCATED,
        f"ends before its header: csv.skip_lines is {described.skip_lines}"
        f"{' and csv.comment is declared' if mark else ''}",
    )


def _footer_start(text: IO[bytes], described: Csv, start: int) -> int:
    """Return the place of the footer, or the end of the text."""
    end = text.seek(0, os.SEEK_END)
    if not described.footer:
        return end
    marks = tuple(mark.encode() for mark in described.footer)
    tail_start = max(start, end - _TAIL)
    text.seek(tail_start)
    lines = list(_lines(text.read()))
    place, footer = end, None
    while lines and (not lines[-1].strip() or lines[-1].lstrip(b' "').startswith(marks)):
        line = lines.pop()
        place -= len(line)
        if line.strip():
            footer = place
    if not lines and tail_start > start:
        raise HeldError(HoldReason.TOO_LARGE, f"a footer over {_TAIL} bytes")
    if footer is None:
        raise HeldError(
            HoldReason.TRUNCATED,
            "does not end with the footer that the source declares as csv.footer",
        )
    return footer


def _lines(content: bytes) -> Iterator[bytes]:
    return (match[0] for match in _LINE.finditer(content) if match[0])
