"""Decode a delivered text as its source declares, and name the encoding that fits a wrong one."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import IO

from features.ingest.limits import Limits
from features.ingest.reasons import HeldError, HoldReason
from features.ingest.spool import BLOCK
from features.sources.encodings import (
    LATIN_1,
    UTF_8,
    UTF_16,
    UTF_16_BE,
    UTF_16_LE,
    WINDOWS_1252,
)

_MARKS = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, UTF_16_LE),
    (codecs.BOM_UTF16_BE, UTF_16_BE),
)
_WIDE = (UTF_16, UTF_16_LE, UTF_16_BE)
_SAMPLE = 4096
_C1 = bytes(range(0x80, 0xA0))


def of(file: IO[bytes], declared: str) -> str:
    """Return the encoding of a file at its first byte: of its byte order mark, or as declared.

    Raises:
        HeldError: the file shows that it is in another encoding.
    """
    sample = file.read(_SAMPLE)
    file.seek(0)
    marked = next((name for mark, name in _MARKS if sample.startswith(mark)), None)
    if marked == "utf-32":
        raise HeldError(HoldReason.WRONG_ENCODING, "UTF-32; send UTF-8")
    if marked is not None:
        return marked
    if declared not in _WIDE or not sample:
        return declared
    order = _byte_order(sample)
    if order is None:
        raise wrong(file, f"not {declared}")
    if declared not in (UTF_16, order):
        raise HeldError(
            HoldReason.WRONG_ENCODING,
            f"the source declares encoding: {declared}, but encoding: {order} decodes the file",
        )
    return order


def decode(source: IO[bytes], encoding: str, target: IO[bytes], limits: Limits) -> None:
    """Write a text in another encoding as UTF-8.

    Raises:
        HeldError: the encoding does not decode the text, or garbles it; the copy is too large.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    also_utf8 = _Trial(UTF_8)
    written, has_c1 = 0, False
    for block in _blocks(source):
        if encoding not in _WIDE:
            also_utf8.feed(block)
            has_c1 |= len(block.translate(None, _C1)) < len(block)
        try:
            text = decoder.decode(block)
        except UnicodeDecodeError as error:
            raise wrong(source, f"not {encoding}") from error
        copy = text.encode()
        written += len(copy)
        if written > limits.text_bytes:
            raise HeldError(HoldReason.TOO_LARGE, f"more than {limits.text_bytes} bytes in UTF-8")
        target.write(copy)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise HeldError(HoldReason.TRUNCATED, f"ends inside of a character of {encoding}") from (
            error
        )
    if also_utf8.is_proven():
        raise _garbles(encoding, UTF_8)
    if encoding == LATIN_1 and has_c1:
        raise _garbles(encoding, WINDOWS_1252)
    target.flush()


def wrong(file: IO[bytes], fault: str) -> HeldError:
    """Return the hold of a text in a wrong encoding, with the encoding that decodes it."""
    fits = _fitting(file)
    hint = (
        f"encoding: {fits} would decode it"
        if fits
        else "no common encoding decodes it; the source may declare its own as encoding"
    )
    return HeldError(HoldReason.WRONG_ENCODING, f"{fault}; {hint}")


def _garbles(declared: str, better: str) -> HeldError:
    return HeldError(
        HoldReason.WRONG_ENCODING,
        f"the source declares encoding: {declared}, which would garble the file's letters; "
        f"encoding: {better} decodes them",
    )


def _fitting(file: IO[bytes]) -> str | None:
    """Return the encoding that decodes a whole file, or None."""
    file.seek(0)
    sample = file.read(_SAMPLE)
    if (order := _byte_order(sample)) is not None:
        return order
    file.seek(0)
    trials = [_Trial(name) for name in (UTF_8, WINDOWS_1252)]
    for block in _blocks(file):
        if b"\0" in block:
            return None
        for trial in trials:
            trial.feed(block)
    return next((trial.encoding for trial in trials if trial.fits()), None)


def _byte_order(sample: bytes) -> str | None:
    """Return the UTF-16 of a text without a mark: half of the bytes of its ASCII are NUL."""
    high_first, low_first = sample[0::2].count(0), sample[1::2].count(0)
    if max(high_first, low_first) * 8 < len(sample) or min(high_first, low_first) * 8 > len(sample):
        return None
    return UTF_16_BE if high_first > low_first else UTF_16_LE


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while block := file.read(BLOCK):
        yield block


class _Trial:
    """Decodes a text block by block, and remembers whether all of it can be decoded."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._fits = True
        self._has_letters = False

    def feed(self, block: bytes) -> None:
        """Decode the next block."""
        if self._fits:
            self._has_letters |= not block.isascii()
            self._fits = self._can_decode(block)

    def fits(self) -> bool:
        """Return whether the whole text was decoded."""
        return self._fits and self._can_decode(b"", final=True)

    def is_proven(self) -> bool:
        """Return whether letters beyond ASCII were decoded, which chance hardly allows."""
        return self._has_letters and self.fits()

    def _can_decode(self, block: bytes, *, final: bool = False) -> bool:
        try:
            self._decoder.decode(block, final)
        except UnicodeDecodeError:
            return False
        return True
