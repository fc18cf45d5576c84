"""Write the truth beside the landing area: each transaction's scenario, for measurements."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from features.synthesize.faults import Delivered
from features.synthesize.feed_shapes import SOURCE
from features.synthesize.render import scenarios
from features.synthesize.traffic import Chunk

OBJECT_NAME = f"truth/{SOURCE}/transactions.parquet"
_SCHEMA = pa.schema([
    ("transaction_id", pa.string()),
    ("occurred_at", pa.timestamp("ms", "UTC")),
    ("scenario", pa.string()),
    ("is_late", pa.bool_()),
    ("is_duplicate", pa.bool_()),
])  # fmt: skip


class TruthFile:
    """A Parquet file of one row per good transaction."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer = pq.ParquetWriter(
            path, _SCHEMA, compression="zstd", use_dictionary=["scenario"]
        )

    def write(self, chunk: Chunk, delivered: Delivered) -> None:
        """Append a chunk."""
        columns = [
            chunk.ids,
            pa.array(chunk.rows.at, pa.timestamp("ms", "UTC")),
            scenarios(chunk.rows),
            pa.array(delivered.is_late),
            pa.array(delivered.is_duplicate),
        ]
        self._writer.write_table(pa.table(columns, schema=_SCHEMA))

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()
