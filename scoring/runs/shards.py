"""Cut a run into chunks and shards: shards are scored at once by as many processes.

Chunk c belongs to shard c modulo the number of shards. The claim stores the cut in the run, so that
no retry, no new release and no changed setting cuts a claimed run in another way.

All shards of a run share tables, which are made and ended under the lock on the run's row. A server
crash also takes the rows of ended shards, whose tasks do not come back: a shard that is still at
work scores them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

import psycopg

#: The cut of runs that were claimed before the cut was stored.
CHUNK_ROWS = 50_000
MAX_SHARDS = 2


@dataclass(frozen=True, slots=True)
class Cut:
    """How the claimed rows of a run are divided.

    Attributes:
        rows: the claimed rows.
        chunk_rows: the rows of a chunk, the last one excepted.
        shards: the number of shards; an empty run has one.
    """

    rows: int
    chunk_rows: int
    shards: int

    @classmethod
    def of(cls, rows: int, chunk_rows: int = CHUNK_ROWS, max_shards: int = MAX_SHARDS) -> Self:
        """Return the cut of so many rows: no shard is without a chunk, unless the run is empty."""
        chunks = -(-rows // chunk_rows)
        return cls(rows, chunk_rows, max(1, min(max_shards, chunks)))

    @property
    def chunks(self) -> int:
        """The number of chunks."""
        return -(-self.rows // self.chunk_rows)

    def chunks_of(self, shard: int) -> range:
        """Return the chunks of a shard, in the order in which it scores them."""
        return range(shard, self.chunks, self.shards)


def lock(connection: psycopg.Connection[Any], run_id: UUID) -> None:
    """Let the shards of a run pass one at a time, until the transaction ends."""
    connection.execute("select from decisions.runs where run_id = %s for no key update", (run_id,))
