"""The shards of a run: its chunks by turns, scored at once by as many processes.

Chunk c belongs to shard c modulo the number of shards. That number follows from the rows claimed,
so that no retry cuts a run in another way.

What all shards of a run share is made and ended under the lock on the run's row. A crash of the
server takes the rows of ended shards too, whose tasks do not come back: who is still at work
scores them.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg

from scoring.runs import population

#: What two cores can do at once. Each shard is a process with a model of its own in memory.
MAX_SHARDS = 2


def count(rows_claimed: int) -> int:
    """Return into how many shards a run of so many rows is cut: an empty one has one."""
    return max(1, min(MAX_SHARDS, _chunks(rows_claimed)))


def chunks_of(shard: int, rows_claimed: int) -> range:
    """Return the chunks of a shard, in the order in which it scores them."""
    return range(shard, _chunks(rows_claimed), count(rows_claimed))


def _chunks(rows_claimed: int) -> int:
    return -(-rows_claimed // population.CHUNK_ROWS)


def lock(connection: psycopg.Connection[Any], run_id: UUID) -> None:
    """Let the shards of a run pass one at a time, until the transaction ends."""
    connection.execute("select from decisions.runs where run_id = %s for no key update", (run_id,))
