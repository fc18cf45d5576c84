"""Open a delivered text as complete UTF-8, whatever its encoding, and count its lines.

A text in another encoding is decoded as declared into a local copy. No encoding is guessed: a file
that the declared one does not decode, or would garble, is held, and the reason names the encoding
that fits. The count of lines is independent of the readers, which count what they read.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import NamedTemporaryFile
from typing import IO

from features.ingest import encodings
from features.ingest.encodings import wrong
from features.ingest.limits import Limits
from features.ingest.lines import count_line_ends
from features.ingest.reasons import HeldError, HoldReason
from features.ingest.spool import BLOCK, Spool
from features.sources.encodings import UTF_8
from features.sources.mapping import SourceFeed


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a delivered file in UTF-8, and its number of lines."""

    file: IO[bytes]
    lines: int

    def rewound(self) -> IO[bytes]:
        """Return the file at its first character, behind a byte order mark."""
        self.file.seek(0)
        if self.file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            self.file.seek(0)
        return self.file


@contextmanager
def text_of(
    spool: Spool, *, feed: SourceFeed, limits: Limits, may_end_in_line: bool = False
) -> Iterator[Text]:
    """Yield the text of an uncompressed file after a check that it is whole.

    Args:
        spool: the bytes.
        feed: whose source declares the encoding and the end of its texts.
        limits: of the decoded copy.
        may_end_in_line: the format has an end mark of its own, and needs no last line break.

    Raises:
        HeldError: wrong encoding, truncated, or beyond the limits.
    """
    with spool.path.open("rb") as plain:
        encoding = encodings.of(plain, feed.encoding)
        needs_end = feed.csv.final_line_break == "required" and not may_end_in_line
        if encoding == UTF_8:
            yield Text(plain, _check(plain, needs_end=needs_end))
            return
        with NamedTemporaryFile(prefix="delivery-text-") as decoded:
            encodings.decode(plain, encoding, decoded, limits)
            decoded.seek(0)
            yield Text(decoded, _check(decoded, needs_end=needs_end))


def _check(text: IO[bytes], *, needs_end: bool) -> int:
    """Check the encoding and the end of a text in UTF-8; return its number of lines."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    last, lines = b"", 0
    try:
        while block := text.read(BLOCK):
            if b"\0" in block:
                raise wrong(text, f"line {lines + block[: block.index(0)].count(10) + 1} has NUL")
            decoder.decode(block)
            lines += count_line_ends(block, follows_return=last.endswith(b"\r"))
            last = block
    except UnicodeDecodeError as error:
        line = lines + block[: error.start].count(b"\n") + 1
        raise wrong(text, f"line {line} is not valid UTF-8") from error
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise HeldError(HoldReason.TRUNCATED, "ends inside of a character of UTF-8") from error
    if not last or last.endswith((b"\n", b"\r")) or last == codecs.BOM_UTF8:
        return lines
    if needs_end:
        raise HeldError(
            HoldReason.TRUNCATED,
            f"line {lines + 1}, the last one, has no line break; where files are whole without "
            "it, the source declares csv.final_line_break: optional",
        )
    return lines + 1
