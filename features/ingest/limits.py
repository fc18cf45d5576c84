"""Hard limits of what is read from outside; a file beyond them is an attack or a slip, not data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes that no honest delivery reaches.

    Args:
        file_bytes: of the file as delivered.
        text_bytes: after decompression.
        ratio: text bytes per delivered byte; gzip of card data reaches about 10, at most 1030.
        ratio_floor: text bytes below which the ratio does not matter.
        rows: of one file.
        columns: of one file.
        footer_bytes: of the description at the end of a Parquet file.
        row_groups: of one Parquet file.
        list_items: of one list column in one row group; a single row may hold all of them.
        row_bytes: of one CSV or JSON row; also the size of the blocks that are parsed at once, so
            that a CSV row of less than two blocks may pass.
        text_bytes_per_row: of a Parquet row, on average over a batch; honest rows have 200.
        field_bytes: of one field.
        id_bytes: of one identifier; they are keys of indexes.
        days: distinct UTC days in one file; each is a partition.
        same_applicant: applications of one customer in one file; each of them reads all the others.
    """

    file_bytes: int = 8 << 30
    text_bytes: int = 32 << 30
    ratio: int = 200
    ratio_floor: int = 64 << 20
    rows: int = 100_000_000
    columns: int = 1000
    footer_bytes: int = 32 << 20
    row_groups: int = 10_000
    list_items: int = 10_000_000
    row_bytes: int = 8 << 20
    text_bytes_per_row: int = 2048
    field_bytes: int = 4096
    id_bytes: int = 256
    days: int = 4000
    same_applicant: int = 1000


DEFAULT = Limits()
