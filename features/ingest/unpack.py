"""Decompress a delivered file to a local copy, within the limits.

The inflated size is counted while it is written: a small file that inflates without end is held
before it fills the disk. A zip has exactly one file, so one delivery has one content.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, cast

import pyarrow as pa

from features.ingest.limits import Limits
from features.ingest.reasons import HeldError, HoldReason
from features.ingest.spool import BLOCK, Spool
from features.ingest.suffixes import Packing
from features.platform.card_numbers import mask_name

_BROKEN = (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError, zipfile.BadZipFile)
_ENCRYPTED = 0x1
_SIDECARS = ("__MACOSX/", ".DS_Store")


@contextmanager
def unpacked(spool: Spool, packing: Packing | None, limits: Limits) -> Iterator[tuple[Spool, str]]:
    """Yield the decompressed copy of a file, and the name of the member if it is a zip.

    Raises:
        HeldError: truncated, broken, encrypted, of several files, or inflated beyond the limits.
    """
    if packing is None:
        yield spool, ""
        return
    if not spool.size:
        raise HeldError(HoldReason.TRUNCATED, f"the {packing} is empty, without even a header")
    with NamedTemporaryFile(prefix="delivery-text-") as target:
        with _held(packing), _opened(spool, packing, limits) as (source, member):
            size = _inflate(source, target, spool, packing, limits)
        target.flush()
        yield Spool(Path(target.name), spool.sha256, size), member


@contextmanager
def _opened(spool: Spool, packing: Packing, limits: Limits) -> Iterator[tuple[IO[bytes], str]]:
    if packing is Packing.ZIP:
        with _zip(spool) as archive:
            member = _only_member(archive)
            with archive.open(member) as source:
                yield source, member.filename
        return
    source = _stream(spool, packing, limits)
    with source:
        yield source, ""


def _stream(spool: Spool, packing: Packing, limits: Limits) -> IO[bytes]:
    if packing is Packing.GZIP:
        return cast("IO[bytes]", gzip.open(spool.path, "rb"))
    if packing is Packing.BZIP2:
        return cast("IO[bytes]", bz2.open(spool.path, "rb"))
    if packing is Packing.XZ:
        return cast("IO[bytes]", _Xz(spool.path, limits))
    return cast("IO[bytes]", pa.CompressedInputStream(pa.OSFile(str(spool.path)), "zstd"))


def _inflate(
    source: IO[bytes], target: IO[bytes], spool: Spool, packing: Packing, limits: Limits
) -> int:
    written = 0
    allowed = min(max(limits.ratio_floor, spool.size * limits.ratio), limits.text_bytes)
    while block := source.read(BLOCK):
        written += len(block)
        if written > allowed:
            raise HeldError(HoldReason.TOO_LARGE, f"the {packing} inflates beyond the limits")
        target.write(block)
    return written


@contextmanager
def _held(packing: Packing) -> Iterator[None]:
    """Convert the errors of the decoders, whose messages quote the first bytes."""
    try:
        yield
    except NotImplementedError as error:
        raise HeldError(
            HoldReason.UNREADABLE, f"the {packing} has a compression that is not read; use deflate"
        ) from error
    except _BROKEN as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # an error of the machine, such as a full disk
        if _is_cut(error):
            raise HeldError(
                HoldReason.TRUNCATED, f"the {packing} ends before its end mark"
            ) from error
        raise HeldError(HoldReason.UNREADABLE, f"no {packing}, or a broken one") from error


def _is_cut(error: Exception) -> bool:
    return isinstance(error, EOFError) or "Truncated" in str(error)


class _Xz:
    """Reads xz with bounded memory; its header may state a dictionary of gigabytes."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._file = path.open("rb")
        self._memory = limits.dictionary_bytes
        self._decoder = self._fresh()
        self._is_started = False

    def _fresh(self) -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(memlimit=self._memory)

    def __enter__(self) -> _Xz:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, size: int) -> bytes:
        """Return the next bytes; empty at the end of the last stream."""
        while True:
            if self._decoder.eof:
                rest = (self._decoder.unused_data or self._file.read(size)).lstrip(b"\0")
                if not rest:
                    return b""
                self._decoder = self._fresh()
            else:
                rest = self._file.read(size) if self._decoder.needs_input else b""
                if not rest and self._decoder.needs_input:
                    raise EOFError
            if block := self._decoder.decompress(rest, size):
                return block


@contextmanager
def _zip(spool: Spool) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(spool.path)
    except _BROKEN as error:
        raise HeldError(HoldReason.UNREADABLE, "no zip, or one that is cut or broken") from error
    with archive:
        yield archive


def _only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir() and not _is_sidecar(member.filename)
    ]
    if len(members) != 1:
        shown = ", ".join(ascii(mask_name(member.filename)[:60]) for member in members[:5])
        hint = f": {shown}{' and others' if len(members) > 5 else ''}" if members else ""
        raise HeldError(
            HoldReason.UNREADABLE,
            f"the zip holds {len(members)} files{hint}; send each file as a delivery of its own",
        )
    (member,) = members
    if member.flag_bits & _ENCRYPTED:
        raise HeldError(HoldReason.UNREADABLE, "the zip has a password; send it without one")
    return member


def _is_sidecar(name: str) -> bool:
    return name.startswith(_SIDECARS[0]) or name.rpartition("/")[2] == _SIDECARS[1]
