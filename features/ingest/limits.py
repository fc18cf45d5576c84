"""Define hard limits for files from outside; a file beyond them is an attack or a mistake."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes that no valid delivery reaches.

    Args:
        file_bytes: of the file as delivered.
        text_bytes: after decompression.
        ratio: text bytes per delivered byte; gzip of card data reaches about 10, at most 1030.
        ratio_floor: number of text bytes below which the ratio is not checked.
        rows: of one file.
        columns: of one file.
        dictionary_bytes: memory that the decoder of an xz file may take.
        batch_bytes: of one batch of an Arrow file, or one block of an Avro file, inflated.
        footer_bytes: of the footer of a Parquet file.
        row_groups: of one Parquet file.
        list_items: of one list column in one row group; a single row may have all of them.
        row_bytes: of one CSV or JSON row. It is also the size of the parsed blocks, so a CSV row
            shorter than two blocks may pass.
        text_bytes_per_row: of a Parquet row, on average over a batch; valid rows have 200.
        field_bytes: of one field.
        id_bytes: of one identifier; identifiers are keys of indexes.
        days: distinct UTC days in one file; each day is a partition.
        same_applicant: applications of one customer in one file; each application reads the others.
    """

    file_bytes: int = 8 << 30
    text_bytes: int = 32 << 30
    ratio: int = 200
    ratio_floor: int = 64 << 20
    rows: int = 100_000_000
    columns: int = 1000
    dictionary_bytes: int = 256 << 20
    batch_bytes: int = 1 << 30
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
