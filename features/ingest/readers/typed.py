"""Turn columns of Arrow types into text without loss, for every format whose columns have types."""

from __future__ import annotations

from collections.abc import Mapping, Set

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.feeds.columns import ColumnKind
from features.ingest.chunks import TEXT, TEXTS, Chunk, Header, is_only_text, required_names
from features.ingest.limits import Limits
from features.ingest.reasons import HeldError, HoldReason
from features.sources.mapping import SourceFeed

ROWS = 65_536
Kinds = Mapping[str, Set[ColumnKind]]


def chunk_of(
    batch: pa.RecordBatch, columns: Mapping[str, str], kinds_of: Kinds, limits: Limits, done: int
) -> Chunk:
    """Return rows as text; NaN becomes null.

    Args:
        batch: at most `ROWS` rows, after its validation.
        columns: the described name of each column to read, by its name in the file.
        kinds_of: the kinds of a column by its described name.
        limits: the text of a row.
        done: number of rows before these.

    Raises:
        HeldError: too much text, or identifiers in floating point.
    """
    read = batch.select(list(columns))
    _check_width(read, limits)
    return Chunk(
        {
            described: _as_text(name, read.column(name), kinds_of.get(described, frozenset()))
            for name, described in columns.items()
        },
        np.arange(done + 1, done + 1 + batch.num_rows, dtype=np.int64),
        delimiter=",",
    )


def columns_of(
    schema: pa.Schema, feed: SourceFeed, header: Header, limits: Limits
) -> dict[str, str]:
    """Return the described name of each column to read, by its name in the file.

    Args:
        schema: of the file.
        feed: that reads the file.
        header: receives notes on the columns.
        limits: the number of columns.

    Raises:
        HeldError: too many columns, a missing one, or a type that the column cannot have.
    """
    if len(schema) > limits.columns:
        raise HeldError(HoldReason.TOO_LARGE, f"more than {limits.columns} columns")
    columns = header.columns_to_read(schema.names, feed, must=required_names(feed))
    columns = _readable(columns, schema, feed)
    _check_types(schema, columns, feed.delivered_kinds)
    return columns


def _readable(columns: Mapping[str, str], schema: pa.Schema, feed: SourceFeed) -> dict[str, str]:
    """Return the columns that are described, or have a plain text that a digest of rows reads."""
    return {
        name: described
        for name, described in columns.items()
        if described in feed.delivered_kinds or _has_text(_value_type(schema.field(name).type))
    }


def _has_text(kind: pa.DataType) -> bool:
    return not (pa.types.is_nested(kind) or _is_bytes(kind) or pa.types.is_duration(kind))


def _check_types(schema: pa.Schema, columns: Mapping[str, str], kinds_of: Kinds) -> None:
    """Check that each column to read has a type that its kind can have.

    Args:
        schema: of the file.
        columns: the described name of each column to read, by its name in the file.
        kinds_of: the kinds of a column by its described name.

    Raises:
        HeldError: a type has no plain text, or rounds identifiers.
    """
    for name, described in columns.items():
        kind, kinds = _value_type(schema.field(name).type), kinds_of.get(described, frozenset())
        is_list = (
            ColumnKind.LIST in kinds and _is_list(kind) and is_text(_value_type(kind.value_type))
        )
        if (pa.types.is_nested(kind) and not is_list) or _is_bytes(kind):
            raise HeldError(HoldReason.WRONG_TYPE, f"{name} is {kind}, which has no plain text")
        is_no_text = pa.types.is_boolean(kind) or pa.types.is_temporal(kind)
        if is_no_text and is_only_text(kinds):
            raise HeldError(HoldReason.WRONG_TYPE, f"{name} is {kind}, and text is wanted")
        if pa.types.is_duration(kind):
            raise HeldError(HoldReason.WRONG_TYPE, f"{name} is {kind}, whose unit is not declared")


def _check_width(batch: pa.RecordBatch, limits: Limits) -> None:
    """Refuse a batch that exceeds the memory when its dictionaries are decoded.

    The file may store a text once and repeat it in each row; Arrow's offsets would overflow.
    """
    longest = ROWS * limits.text_bytes_per_row
    if sum(_text_bytes(column) for column in batch.columns) > longest:
        raise HeldError(
            HoldReason.TOO_LARGE, f"more than {longest} bytes of text in {batch.num_rows} rows"
        )


def _text_bytes(column: pa.Array) -> int:
    if _is_list(column.type):
        column = pc.list_flatten(column)
    if not is_text(_value_type(column.type)):
        return 0
    is_dictionary = pa.types.is_dictionary(column.type)
    texts = pc.cast(column.dictionary if is_dictionary else column, pa.large_string())
    lengths = pc.binary_length(texts)
    if is_dictionary:
        lengths = lengths.take(column.indices)
    return int(pc.sum(lengths).as_py() or 0)


def _value_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _is_list(kind: pa.DataType) -> bool:
    tests = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(test(kind) for test in tests)


def is_text(kind: pa.DataType) -> bool:
    """Return whether a type is one of Arrow's texts."""
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(kind) for test in tests)


def _is_bytes(kind: pa.DataType) -> bool:
    tests = (
        pa.types.is_binary,
        pa.types.is_large_binary,
        pa.types.is_fixed_size_binary,
        pa.types.is_binary_view,
    )
    return any(test(kind) for test in tests)


def _as_text(name: str, column: pa.Array, kinds: Set[ColumnKind]) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if _is_list(column.type):
        return pc.cast(column, TEXTS)
    if pa.types.is_floating(column.type):
        column = _without_nan(column)
        if is_only_text(kinds) and column.null_count < len(column):
            raise HeldError(
                HoldReason.WRONG_TYPE,
                f"{name} is {column.type}, which rounds long identifiers; export it as text, or "
                "state `floats: whole` for short ones",
            )
    return pc.cast(column, TEXT)


def _without_nan(column: pa.Array) -> pa.Array:
    """Replace NaN by null: a writer without a null for this type writes NaN."""
    if pa.types.is_float16(column.type):
        column = pc.cast(column, pa.float32())
    is_number = pc.invert(pc.is_nan(column))
    return pc.if_else(is_number, column, pa.scalar(None, column.type))
