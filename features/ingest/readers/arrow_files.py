"""Read Arrow files and streams, and Feather, as chunks of text.

A record batch is read as a whole, so its size is checked before any memory is taken: its metadata
state the bytes of each buffer, and a compressed buffer begins with its inflated size.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.ipc

from features.ingest.chunks import Chunk, Header, check_rows, first_line
from features.ingest.limits import Limits
from features.ingest.readers.flatbuffers import Table
from features.ingest.readers.typed import ROWS, chunk_of, columns_of
from features.ingest.reasons import HeldError, HoldReason
from features.ingest.spool import Spool
from features.sources.mapping import SourceFeed

_FILE, _FEATHER_1 = b"ARROW1", b"FEA1"
_DICTIONARY_BATCH, _RECORD_BATCH = 2, 3  # the kinds of messages with buffers


def arrow_chunks(spool: Spool, feed: SourceFeed, header: Header, limits: Limits) -> Iterator[Chunk]:
    """Read Arrow; values become text without loss, and NaN becomes null.

    Raises:
        HeldError: not a whole Arrow file or stream, a wrong schema, a type that the column cannot
            have, or a batch beyond the limits.
    """
    try:
        with pa.memory_map(str(spool.path)) as source:
            is_file = _is_file(source)
            expected = _check_sizes(source, limits, is_file=is_file)
            source.seek(0)
            reader = pyarrow.ipc.open_file(source) if is_file else pyarrow.ipc.open_stream(source)
            schema = reader.schema
            columns = columns_of(schema, feed, header, limits)
            kinds = feed.delivered_kinds
            done = 0
            for batch in _batches(reader):
                whole = batch.select(list(columns))
                whole.validate(full=True)
                for start in range(0, whole.num_rows, ROWS):
                    part = whole.slice(start, ROWS)
                    yield chunk_of(part, columns, kinds, limits, done)
                    done += part.num_rows
            if done != expected:
                raise HeldError(
                    HoldReason.UNREADABLE, f"{done} rows were read of {expected} in the messages"
                )
    except (pa.ArrowException, OSError, ValueError, struct.error) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise HeldError(HoldReason.UNREADABLE, first_line(error)) from error


def _batches(
    reader: pyarrow.ipc.RecordBatchFileReader | pyarrow.ipc.RecordBatchStreamReader,
) -> Iterator[pa.RecordBatch]:
    if isinstance(reader, pyarrow.ipc.RecordBatchStreamReader):
        yield from reader
        return
    for number in range(reader.num_record_batches):
        yield reader.get_batch(number)


def _is_file(source: pa.MemoryMappedFile) -> bool:
    """Return whether the bytes are a file with a footer; otherwise they may be a stream."""
    if not source.size():
        raise HeldError(HoldReason.TRUNCATED, "an empty file, without a schema")
    start = source.read(len(_FILE))
    if start.startswith(_FEATHER_1):
        raise HeldError(HoldReason.UNREADABLE, "Feather of version 1; write version 2")
    if start != _FILE:
        return False
    source.seek(max(source.size() - len(_FILE), 0))
    if source.read(len(_FILE)) != _FILE:
        raise HeldError(HoldReason.TRUNCATED, "the Arrow file ends before its end mark")
    return True


def _check_sizes(source: pa.MemoryMappedFile, limits: Limits, *, is_file: bool) -> int:
    """Check what each batch will take of the memory; return the number of rows.

    Raises:
        HeldError: truncated, or a batch or the whole file is beyond the limits.
    """
    source.seek(8 if is_file else 0)
    allowed = min(max(limits.ratio_floor, source.size() * limits.ratio), limits.text_bytes)
    rows = inflated = 0
    messages = pyarrow.ipc.MessageReader.open_stream(source)
    while (message := _next(messages)) is not None:
        envelope = Table.root(message.metadata.to_pybytes())
        kind = envelope.byte(1)
        if kind not in (_RECORD_BATCH, _DICTIONARY_BATCH):
            continue
        batch = envelope.table(2)
        if kind == _DICTIONARY_BATCH:
            batch = batch.table(1)
        else:
            rows += batch.long(0)
            check_rows(rows, limits)
        is_compressed = batch.has(3)
        body = message.body
        size = 0
        for offset, length in batch.pairs(2):
            size += _inflated(body, offset, length) if is_compressed else length
        inflated += size
        if size > limits.batch_bytes or inflated > allowed:
            raise HeldError(
                HoldReason.TOO_LARGE,
                f"a batch over {limits.batch_bytes} bytes, or inflation beyond the limits; write "
                "smaller batches",
            )
    return rows


def _next(messages: pyarrow.ipc.MessageReader) -> pyarrow.ipc.Message | None:
    try:
        return messages.read_next_message()
    except StopIteration:
        return None


def _inflated(body: pa.Buffer | None, offset: int, length: int) -> int:
    """Return the size of a compressed buffer, which precedes it; -1 means that it is plain."""
    if body is None or length < 8 or offset < 0 or offset + 8 > body.size:
        return max(length, 0)
    (size,) = struct.unpack("<q", body.slice(offset, 8).to_pybytes())
    return length if size < 0 else int(size)
