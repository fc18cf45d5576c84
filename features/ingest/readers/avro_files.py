"""Read Avro files as chunks of text.

The container is read here block by block, so that a damaged or inflating block is found before
fastavro decodes it. Types become Arrow types, so the rules for types are those of Parquet.
"""

from __future__ import annotations

import bz2
import io
import json
import lzma
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

import fastavro
import pyarrow as pa

from features.ingest.chunks import Chunk, Header, check_rows, first_line
from features.ingest.limits import Limits
from features.ingest.readers.avro_types import arrow_schema, rows_are_bounded
from features.ingest.readers.typed import ROWS, chunk_of, columns_of
from features.ingest.reasons import HeldError, HoldReason
from features.ingest.spool import Spool
from features.sources.mapping import SourceFeed

_MAGIC = b"Obj\x01"
_SYNC = 16
_CODECS = ("null", "deflate", "snappy", "zstandard", "bzip2", "xz")
_BROKEN = (
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    RecursionError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
    OSError,
    fastavro.schema.SchemaParseException,
    fastavro.schema.UnknownType,
    pa.ArrowException,
)


def avro_chunks(spool: Spool, feed: SourceFeed, header: Header, limits: Limits) -> Iterator[Chunk]:
    """Read Avro; values become text without loss, and NaN becomes null.

    Raises:
        HeldError: not a whole Avro file, a wrong schema, a type that the column cannot have, or a
            block beyond the limits.
    """
    try:
        with spool.path.open("rb") as file:
            container = _Container.opened(file, limits)
            schema = arrow_schema(container.schema, feed.json_form.path_separator)
            columns = columns_of(schema, feed, header, limits)
            kinds = feed.delivered_kinds
            types = pa.schema([schema.field(name) for name in columns])
            paths = [tuple(name.split(feed.json_form.path_separator)) for name in columns]
            done = 0
            for rows in container.rows():
                for start in range(0, len(rows), ROWS):
                    part = rows[start : start + ROWS]
                    batch = _batch(part, paths, types)
                    yield chunk_of(batch, columns, kinds, limits, done)
                    done += len(part)
                check_rows(done, limits)
    except EOFError as error:
        raise HeldError(HoldReason.TRUNCATED, "the Avro file ends inside of a block") from error
    except _BROKEN as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise HeldError(
            HoldReason.UNREADABLE,
            f"no Avro, or a broken block ({first_line(error)[:40]})"
            if isinstance(error, pa.ArrowException)
            else "no Avro, or a broken block",
        ) from error


def _batch(
    rows: Sequence[Mapping[str, Any]], paths: Sequence[tuple[str, ...]], schema: pa.Schema
) -> pa.RecordBatch:
    columns = []
    for path, field in zip(paths, schema, strict=True):
        values = [_value(row, field.name, path) for row in rows]
        columns.append(pa.array(values, field.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _value(row: Any, name: str, path: tuple[str, ...]) -> Any:  # noqa: ANN401 - any Avro value
    if name in row:
        return row[name]
    for key in path:
        row = row.get(key) if isinstance(row, dict) else None
    return row


@dataclass(frozen=True, slots=True)
class _Container:
    """The blocks of an Avro file, and the parts of its header."""

    file: IO[bytes]
    schema: Any
    codec: str
    sync: bytes
    limits: Limits

    @classmethod
    def opened(cls, file: IO[bytes], limits: Limits) -> _Container:
        """Read the header of a file.

        Raises:
            HeldError: no Avro, or a compression or schema that is not read.
            EOFError: the file ends in its header.
        """
        if file.read(len(_MAGIC)) != _MAGIC:
            raise HeldError(HoldReason.UNREADABLE, "no Avro file")
        metadata: dict[str, bytes] = {}
        while count := _long(file):
            if count < 0:
                _long(file)
            for _ in range(abs(count)):
                key = _bytes(file, limits.footer_bytes).decode()
                metadata[key] = _bytes(file, limits.footer_bytes)
                if len(metadata) > limits.columns:
                    raise HeldError(HoldReason.TOO_LARGE, "too many keys of metadata")
        sync = _exactly(file, _SYNC)
        schema = json.loads(metadata["avro.schema"])
        codec = metadata.get("avro.codec", b"null").decode()
        if codec not in _CODECS:
            raise HeldError(
                HoldReason.UNREADABLE,
                f"its compression is not one of {', '.join(_CODECS)}",
            )
        if not rows_are_bounded(schema):
            raise HeldError(HoldReason.UNREADABLE, "its schema has lists of values without bytes")
        return cls(file, schema, codec, sync, limits)

    def rows(self) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows of each block.

        Raises:
            HeldError: a block is beyond the limits, or its rows are not those that it counts.
            EOFError: the file ends in a block.
        """
        header = _header(self.schema, self.sync)
        while (first := self.file.read(1)) != b"":
            count = _long(self.file, first)
            content = self._inflated(_bytes(self.file, self.limits.batch_bytes))
            if _exactly(self.file, _SYNC) != self.sync:
                raise HeldError(HoldReason.UNREADABLE, "a block does not end with the sync mark")
            if count < 0 or count > max(len(content), 1):
                raise HeldError(HoldReason.UNREADABLE, "a block counts more rows than it has bytes")
            check_rows(count, self.limits)
            block = io.BytesIO(
                header + _encoded(count) + _encoded(len(content)) + content + self.sync
            )
            rows: list[Any] = list(fastavro.reader(block, return_record_name=False))
            if len(rows) != count:
                raise HeldError(
                    HoldReason.UNREADABLE, f"{len(rows)} rows were read of {count} in a block"
                )
            yield rows

    def _inflated(self, content: bytes) -> bytes:
        """Return the bytes of a block.

        Raises:
            HeldError: it inflates beyond the limits.
        """
        allowed = min(
            self.limits.batch_bytes,
            max(self.limits.ratio_floor, len(content) * self.limits.ratio),
        )
        plain = _decompressed(content, self.codec, allowed)
        if len(plain) > allowed:
            raise HeldError(HoldReason.TOO_LARGE, "a block inflates beyond the limits")
        return plain


def _decompressed(content: bytes, codec: str, allowed: int) -> bytes:
    """Return at most one byte more than is allowed."""
    if codec == "snappy":  # a checksum of four bytes follows
        return _of_snappy(content[:-4], int.from_bytes(content[-4:], "big"), allowed)
    if codec == "zstandard":
        stream = pa.CompressedInputStream(pa.BufferReader(content), "zstd")
        return bytes(stream.read(allowed + 1))
    if codec == "null":
        return content
    decoder: Any
    if codec == "deflate":
        decoder = zlib.decompressobj(-15)
    elif codec == "bzip2":
        decoder = bz2.BZ2Decompressor()
    else:
        decoder = lzma.LZMADecompressor(memlimit=max(allowed, 1 << 26))
    return bytes(decoder.decompress(content, allowed + 1))


def _of_snappy(content: bytes, checksum: int, allowed: int) -> bytes:
    size = _long_of_snappy(content)
    if size > allowed:
        return bytes(allowed + 1)
    plain: bytes = pa.Codec("snappy").decompress(content, size, asbytes=True)
    if zlib.crc32(plain) != checksum:
        raise ValueError("checksum")
    return plain


def _long_of_snappy(content: bytes) -> int:
    size = shift = 0
    for byte in content[:5]:
        size |= (byte & 0x7F) << shift
        if byte < 0x80:
            return size
        shift += 7
    raise ValueError("no snappy")


def _header(schema: Any, sync: bytes) -> bytes:  # noqa: ANN401 - any JSON
    """Return the header of a container without compression."""
    pairs = {b"avro.schema": json.dumps(schema).encode(), b"avro.codec": b"null"}
    parts = [_MAGIC, _encoded(len(pairs))]
    for key, value in pairs.items():
        parts += [_encoded(len(key)), key, _encoded(len(value)), value]
    return b"".join([*parts, _encoded(0), sync])


def _encoded(number: int) -> bytes:
    """Return a number as Avro writes it: zigzag, in groups of seven bits."""
    rest, octets = (number << 1) ^ (number >> 63), bytearray()
    while rest > 0x7F:
        octets.append(rest & 0x7F | 0x80)
        rest >>= 7
    octets.append(rest)
    return bytes(octets)


def _long(file: IO[bytes], first: bytes = b"") -> int:
    number = shift = 0
    octet = first or _exactly(file, 1)
    while octet[0] & 0x80:
        number |= (octet[0] & 0x7F) << shift
        shift += 7
        if shift > 63:
            raise ValueError("a number over 64 bits")
        octet = _exactly(file, 1)
    number |= octet[0] << shift
    return (number >> 1) ^ -(number & 1)


def _bytes(file: IO[bytes], allowed: int) -> bytes:
    size = _long(file)
    if size < 0:
        raise ValueError("a negative size")
    if size > allowed:
        raise HeldError(HoldReason.TOO_LARGE, f"a block over {allowed} bytes")
    return _exactly(file, size)


def _exactly(file: IO[bytes], size: int) -> bytes:
    content = file.read(size)
    if len(content) != size:
        raise EOFError
    return content
