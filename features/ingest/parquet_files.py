"""Parquet to chunks of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from features.feeds import Feed
from features.ingest.chunks import TEXT, TEXTS, Chunk, Header, check_rows, first_line, mapped
from features.ingest.limits import Limits
from features.ingest.reasons import HeldError, HoldReason
from features.ingest.spool import Spool

IDS = ("transaction_id", "customer_id", "merchant_id", "application_id")
_ROWS = 65_536


def parquet_chunks(spool: Spool, feed: Feed, header: Header, limits: Limits) -> Iterator[Chunk]:
    """Read Parquet; values become text that says exactly the same.

    Raises:
        HeldError: not a whole Parquet file, a wrong schema, or a type that cannot be such a column.
    """
    try:
        file = pyarrow.parquet.ParquetFile(str(spool.path))
        if file.metadata.num_columns > limits.columns:
            raise HeldError(HoldReason.TOO_LARGE, f"more than {limits.columns} columns")
        check_rows(file.metadata.num_rows, limits)
        wanted = header.judge(file.schema_arrow.names, feed, must=mapped(feed))
        _check_types(file.schema_arrow, feed, wanted)
        done = 0
        for batch in file.iter_batches(_ROWS, columns=wanted):
            batch.validate(full=True)
            columns = {name: _as_text(batch.column(name)) for name in wanted}
            numbers = np.arange(done + 1, done + 1 + batch.num_rows, dtype=np.int64)
            done += batch.num_rows
            yield Chunk(columns, numbers)
    except (pa.ArrowInvalid, OSError, pa.ArrowNotImplementedError) as error:
        raise HeldError(HoldReason.UNREADABLE, first_line(error)) from error


def _check_types(schema: pa.Schema, feed: Feed, wanted: Sequence[str]) -> None:
    ids = {feed.columns.get(key) for key in IDS}
    for name in wanted:
        kind = schema.field(name).type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        is_text_list = pa.types.is_list(kind) and pa.types.is_string(kind.value_type)
        if (pa.types.is_nested(kind) and not is_text_list) or pa.types.is_binary(kind):
            raise HeldError(HoldReason.WRONG_TYPE, f"{name} is {kind}, which has no plain text")
        if name in ids and pa.types.is_floating(kind):
            raise HeldError(HoldReason.WRONG_TYPE, f"{name} is {kind}, which rounds long ids")


def _as_text(column: pa.Array) -> pa.Array:
    if pa.types.is_list(column.type):
        return pc.cast(column, TEXTS)
    return pc.cast(column, TEXT)
