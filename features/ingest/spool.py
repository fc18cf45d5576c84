"""Copy a delivered file to a private, complete, uncompressed local file.

The copy is hashed during the read, so the parsed bytes equal the hashed bytes even if the original
changes. Text is decompressed, and its encoding and its end are checked, before it is parsed.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, BinaryIO

from features.ingest.limits import Limits
from features.ingest.lines import count_line_ends
from features.ingest.reasons import HeldError, HoldReason
from features.sources.file_forms import FileFormat
from features.sources.mapping import SourceFeed

BLOCK = 1 << 20
_SUFFIXES = {
    ".csv": FileFormat.CSV,
    ".jsonl": FileFormat.JSONL,
    ".ndjson": FileFormat.JSONL,
    ".parquet": FileFormat.PARQUET,
}


@dataclass(frozen=True, slots=True)
class Spool:
    """A local copy: its path, and SHA-256 and number of the delivered bytes."""

    path: Path
    sha256: str
    size: int


@contextmanager
def spooled(source: BinaryIO, limits: Limits) -> Iterator[Spool]:
    """Copy a stream to a local file that exists until the end of the block.

    Raises:
        HeldError: over the limit of bytes.
    """
    digest = hashlib.sha256()
    size = 0
    with NamedTemporaryFile(prefix="delivery-") as file:
        while block := source.read(BLOCK):
            size += len(block)
            if size > limits.file_bytes:
                raise HeldError(HoldReason.TOO_LARGE, f"more than {limits.file_bytes} bytes")
            digest.update(block)
            file.write(block)
        file.flush()
        yield Spool(Path(file.name), digest.hexdigest(), size)


def file_format(name: str, feed: SourceFeed) -> tuple[FileFormat, bool]:
    """Return a file's format, and whether it is gzipped.

    Raises:
        HeldError: the feed does not accept a format of this suffix.
    """
    plain = name.lower().removesuffix(".gz")
    zipped = plain != name.lower()
    suffix = _SUFFIXES.get(f".{plain.rpartition('.')[2]}")
    if suffix is None or suffix not in feed.formats or (zipped and suffix is FileFormat.PARQUET):
        accepted = ", ".join(feed.formats)
        raise HeldError(HoldReason.UNKNOWN_FORMAT, f"the suffix is not one of: {accepted}")
    return suffix, zipped


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a delivered file, and its number of lines."""

    file: IO[bytes]
    lines: int

    def rewound(self) -> IO[bytes]:
        """Return the file at its first character, behind a byte order mark."""
        self.file.seek(0)
        if self.file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            self.file.seek(0)
        return self.file


@contextmanager
def text_of(spool: Spool, *, zipped: bool, feed: SourceFeed, limits: Limits) -> Iterator[Text]:
    """Yield the text of a spooled file after a check that it is complete UTF-8.

    Raises:
        HeldError: wrong encoding, truncated, broken, or inflated beyond the limits.
    """
    if not zipped:
        with spool.path.open("rb") as plain:
            yield Text(plain, _check_text(plain, feed))
        return
    with NamedTemporaryFile(prefix="delivery-text-") as unzipped:
        _inflate(spool, unzipped, limits)
        unzipped.seek(0)
        yield Text(unzipped, _check_text(unzipped, feed))


def _inflate(spool: Spool, target: IO[bytes], limits: Limits) -> None:
    written = 0
    allowed = max(limits.ratio_floor, spool.size * limits.ratio)
    try:
        with gzip.open(spool.path, "rb") as zipped:
            while block := zipped.read(BLOCK):
                written += len(block)
                if written > min(allowed, limits.text_bytes):
                    raise HeldError(HoldReason.TOO_LARGE, "the gzip inflates beyond the limits")
                target.write(block)
    except EOFError as error:
        raise HeldError(HoldReason.TRUNCATED, "the gzip ends before its end mark") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        # the error's message quotes the first bytes
        raise HeldError(HoldReason.UNREADABLE, "no gzip, or a broken one") from error
    if not written and not spool.size:
        raise HeldError(HoldReason.TRUNCATED, "the gzip is empty, without even a header")
    target.flush()


def _check_text(text: IO[bytes], feed: SourceFeed) -> int:
    """Check the encoding and the end of a text; return its number of lines."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    last, lines = b"", 0
    try:
        while block := text.read(BLOCK):
            if not last and block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                raise HeldError(HoldReason.WRONG_ENCODING, "UTF-16; send UTF-8")
            if b"\0" in block:
                raise HeldError(HoldReason.WRONG_ENCODING, "holds NUL bytes; send UTF-8 text")
            decoder.decode(block)
            lines += count_line_ends(block, follows_return=last.endswith(b"\r"))
            last = block
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise HeldError(HoldReason.WRONG_ENCODING, "not valid UTF-8") from error
    if not last or last.endswith((b"\n", b"\r")) or last == codecs.BOM_UTF8:
        return lines
    if feed.csv.final_line_break == "required":
        raise HeldError(HoldReason.TRUNCATED, f"line {lines + 1}, the last one, has no line break")
    return lines + 1
