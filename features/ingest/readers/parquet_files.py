"""Read Parquet files as chunks of text."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence, Set

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from features.feeds.columns import ColumnKind
from features.ingest.chunks import (
    TEXT,
    TEXTS,
    Chunk,
    Header,
    check_rows,
    first_line,
    is_only_text,
    required_names,
)
from features.ingest.limits import Limits
from features.ingest.reasons import HeldError, HoldReason
from features.ingest.spool import Spool
from features.sources.mapping import SourceFeed

_ROWS = 65_536
_Kinds = Mapping[str, Set[ColumnKind]]


def parquet_chunks(
    spool: Spool, feed: SourceFeed, header: Header, limits: Limits
) -> Iterator[Chunk]:
    """Read Parquet; values become text without loss, and NaN becomes null.

    Raises:
        HeldError: not a whole Parquet file, a wrong schema, or a type that the column cannot have.
    """
    try:
        _check_footer_size(spool, limits)
        file = pyarrow.parquet.ParquetFile(str(spool.path))
        _check_footer(file.metadata, spool, limits)
        delivered, must = file.schema_arrow.names, required_names(feed)
        names = header.columns_to_read(delivered, feed, must=must)
        names = [name for name in names if _is_read(file.schema_arrow.field(name).type, name, feed)]
        kinds = {name: feed.delivered_kinds.get(name, frozenset()) for name in names}
        _check_types(file.schema_arrow, kinds)
        _check_lists(file.metadata, names, limits)
        file = pyarrow.parquet.ParquetFile(
            str(spool.path),
            read_dictionary=[
                name for name in names if _is_text(file.schema_arrow.field(name).type)
            ],
            page_checksum_verification=True,
        )
        done = 0
        for batch in file.iter_batches(_ROWS, columns=names):
            batch.validate(full=True)
            _check_width(batch, limits)
            columns = {name: _as_text(name, batch.column(name), kinds[name]) for name in names}
            numbers = np.arange(done + 1, done + 1 + batch.num_rows, dtype=np.int64)
            done += batch.num_rows
            yield Chunk(columns, numbers, delimiter=",")
        _check_count(file.metadata, done)
    except (pa.ArrowInvalid, OSError, pa.ArrowNotImplementedError, UnicodeDecodeError) as error:
        raise HeldError(HoldReason.UNREADABLE, first_line(error)) from error


def _check_footer_size(spool: Spool, limits: Limits) -> None:
    """Refuse a footer that needs too much memory; its length precedes the last four bytes."""
    with spool.path.open("rb") as file:
        file.seek(-min(spool.size, 8), os.SEEK_END)
        length = int.from_bytes(file.read(4), "little")
    if length > limits.footer_bytes and length < spool.size:
        raise HeldError(HoldReason.TOO_LARGE, f"a footer over {limits.footer_bytes} bytes")


def _check_footer(footer: pyarrow.parquet.FileMetaData, spool: Spool, limits: Limits) -> None:
    if footer.num_columns > limits.columns:
        raise HeldError(HoldReason.TOO_LARGE, f"more than {limits.columns} columns")
    check_rows(footer.num_rows, limits)
    if footer.num_row_groups > limits.row_groups:
        raise HeldError(
            HoldReason.TOO_LARGE, f"{footer.num_row_groups} row groups, allowed {limits.row_groups}"
        )
    groups = map(footer.row_group, range(footer.num_row_groups))
    allowed = max(limits.ratio_floor, spool.size * limits.ratio)
    if sum(group.total_byte_size for group in groups) > min(allowed, limits.text_bytes):
        raise HeldError(HoldReason.TOO_LARGE, "its pages inflate beyond the limits")


def _check_lists(
    footer: pyarrow.parquet.FileMetaData, names: Sequence[str], limits: Limits
) -> None:
    """Refuse lists with so many items that one small row may exceed the memory."""
    repeated = [
        column
        for column in range(footer.num_columns)
        if footer.schema.column(column).max_repetition_level
        and footer.schema.column(column).path.split(".")[0] in names
    ]
    for number in range(footer.num_row_groups if repeated else 0):
        group = footer.row_group(number)
        if max(group.column(column).num_values for column in repeated) > limits.list_items:
            raise HeldError(
                HoldReason.TOO_LARGE,
                f"more than {limits.list_items} items of lists in a row group; write smaller ones",
            )


def _check_width(batch: pa.RecordBatch, limits: Limits) -> None:
    """Refuse a batch that exceeds the memory when its dictionaries are decoded.

    The file may store a text once and repeat it in each row; Arrow's offsets would overflow.
    """
    longest = _ROWS * limits.text_bytes_per_row
    if sum(_text_bytes(column) for column in batch.columns) > longest:
        raise HeldError(
            HoldReason.TOO_LARGE, f"more than {longest} bytes of text in {batch.num_rows} rows"
        )


def _text_bytes(column: pa.Array) -> int:
    if _is_list(column.type):
        column = pc.list_flatten(column)
    if not _is_text(_value_type(column.type)):
        return 0
    is_dictionary = pa.types.is_dictionary(column.type)
    texts = pc.cast(column.dictionary if is_dictionary else column, pa.large_string())
    lengths = pc.binary_length(texts)
    if is_dictionary:
        lengths = lengths.take(column.indices)
    return int(pc.sum(lengths).as_py() or 0)


def _check_count(footer: pyarrow.parquet.FileMetaData, rows: int) -> None:
    in_groups = sum(footer.row_group(group).num_rows for group in range(footer.num_row_groups))
    if not rows == in_groups == footer.num_rows:
        raise HeldError(
            HoldReason.UNREADABLE,
            f"{rows} rows were read of {footer.num_rows} in the footer, {in_groups} in row groups",
        )


def _is_read(kind: pa.DataType, name: str, feed: SourceFeed) -> bool:
    """Return whether a column is described, or has a plain text that a digest of rows reads."""
    if name in feed.delivered_kinds:
        return True
    kind = _value_type(kind)
    return not (pa.types.is_nested(kind) or _is_bytes(kind) or pa.types.is_duration(kind))


def _check_types(schema: pa.Schema, columns: _Kinds) -> None:
    for name, kinds in columns.items():
        kind = _value_type(schema.field(name).type)
        is_list = (
            ColumnKind.LIST in kinds and _is_list(kind) and _is_text(_value_type(kind.value_type))
        )
        if (pa.types.is_nested(kind) and not is_list) or _is_bytes(kind):
            raise HeldError(HoldReason.WRONG_TYPE, f"{name} is {kind}, which has no plain text")
        is_no_text = pa.types.is_boolean(kind) or pa.types.is_temporal(kind)
        if is_no_text and is_only_text(kinds):
            raise HeldError(HoldReason.WRONG_TYPE, f"{name} is {kind}, and text is wanted")
        if pa.types.is_duration(kind):
            raise HeldError(HoldReason.WRONG_TYPE, f"{name} is {kind}, whose unit nobody declares")


def _value_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _is_list(kind: pa.DataType) -> bool:
    tests = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(test(kind) for test in tests)


def _is_text(kind: pa.DataType) -> bool:
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
                f"{name} is {column.type}, which rounds long identifiers; export it as text",
            )
    return pc.cast(column, TEXT)


def _without_nan(column: pa.Array) -> pa.Array:
    """Replace NaN by null: a writer without a null for this type writes NaN."""
    if pa.types.is_float16(column.type):
        column = pc.cast(column, pa.float32())
    is_number = pc.invert(pc.is_nan(column))
    return pc.if_else(is_number, column, pa.scalar(None, column.type))
