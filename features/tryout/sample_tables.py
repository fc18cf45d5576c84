"""Sample files that state their columns and types: Parquet and Arrow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from features.tryout.samples import MOST_ROWS, NULLS, Sample

MOST_READ = 1_000_000


def parquet_sample(path: Path) -> Sample:
    """Return rows of a Parquet file that are evenly spread over it."""
    file = pyarrow.parquet.ParquetFile(str(path))
    rows = file.metadata.num_rows
    groups = list(range(file.metadata.num_row_groups))
    if rows > MOST_READ:
        groups = sorted({int(place) for place in np.linspace(0, len(groups) - 1, 6)})
    read = sum(file.metadata.row_group(group).num_rows for group in groups)
    every = max(1, -(-read // MOST_ROWS))
    parts, done = [], 0
    for batch in file.iter_batches(65_536, row_groups=groups):
        first = -done % every
        parts.append(batch.take(pa.array(np.arange(first, batch.num_rows, every))))
        done += batch.num_rows
    table = pa.Table.from_batches(parts, file.schema_arrow)
    return replace(table_sample(path, "parquet", table), is_whole=table.num_rows == rows)


def table_sample(path: Path, kind: str, table: pa.Table) -> Sample:
    """Return evenly spread rows of a table."""
    whole = table.num_rows
    if whole > MOST_ROWS:
        table = table.take(pa.array(np.linspace(0, whole - 1, MOST_ROWS).astype(np.int64)))
    types = {field.name: _plain(field.type) for field in table.schema}
    columns = {
        name: _as_text(table.column(name)) for name in table.column_names if _has_text(types[name])
    }
    return Sample(
        path.name, kind, columns, table.num_rows, whole <= MOST_ROWS, types, None, None, ()
    )


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _has_text(kind: pa.DataType) -> bool:
    return not (pa.types.is_nested(kind) or pa.types.is_duration(kind) or _is_bytes(kind))


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _as_text(column: pa.ChunkedArray) -> pa.Array:
    flat = column.combine_chunks()
    if pa.types.is_dictionary(flat.type):
        flat = flat.dictionary_decode()
    if pa.types.is_floating(flat.type):
        flat = pc.if_else(pc.is_nan(pc.cast(flat, pa.float64())), None, pc.cast(flat, pa.float64()))
    text = pc.cast(flat, pa.string())
    is_null = pc.is_in(text, pa.array(sorted(NULLS)))
    return pc.if_else(is_null, pa.scalar(None, pa.string()), text)
