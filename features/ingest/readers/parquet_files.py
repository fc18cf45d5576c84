"""Read Parquet files as chunks of text."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet

from features.ingest.chunks import Chunk, Header, check_rows, first_line
from features.ingest.limits import Limits
from features.ingest.readers.typed import ROWS, chunk_of, columns_of, is_text
from features.ingest.reasons import HeldError, HoldReason
from features.ingest.spool import Spool
from features.sources.mapping import SourceFeed


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
        schema = file.schema_arrow
        names = columns_of(schema, feed, header, limits)
        kinds = feed.delivered_kinds
        _check_lists(file.metadata, list(names), limits)
        file = pyarrow.parquet.ParquetFile(
            str(spool.path),
            read_dictionary=[name for name in names if is_text(schema.field(name).type)],
            page_checksum_verification=True,
        )
        done = 0
        for batch in file.iter_batches(ROWS, columns=list(names)):
            batch.validate(full=True)
            yield chunk_of(batch, names, kinds, limits, done)
            done += batch.num_rows
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


def _check_count(footer: pyarrow.parquet.FileMetaData, rows: int) -> None:
    in_groups = sum(footer.row_group(group).num_rows for group in range(footer.num_row_groups))
    if not rows == in_groups == footer.num_rows:
        raise HeldError(
            HoldReason.UNREADABLE,
            f"{rows} rows were read of {footer.num_rows} in the footer, {in_groups} in row groups",
        )
