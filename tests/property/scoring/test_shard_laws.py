"""Laws of the cut into shards: every chunk is of one shard, and no shard has much more to do."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scoring.runs import shards
from scoring.runs.population import CHUNK_ROWS

ROWS = st.integers(0, 50_000_000)


@given(ROWS)
def test_every_chunk_is_of_exactly_one_shard(rows: int) -> None:
    parts = [shards.chunks_of(shard, rows) for shard in range(shards.count(rows))]

    chunks = sorted(chunk for part in parts for chunk in part)

    assert chunks == list(range(-(-rows // CHUNK_ROWS)))


@given(ROWS)
def test_no_shard_has_more_than_one_chunk_more_than_another(rows: int) -> None:
    sizes = [len(shards.chunks_of(shard, rows)) for shard in range(shards.count(rows))]

    assert max(sizes) - min(sizes) <= 1
    assert len(sizes) == 1 or min(sizes) >= 1


@given(st.integers(0, CHUNK_ROWS))
def test_an_hour_of_one_chunk_is_one_shard(rows: int) -> None:
    assert shards.count(rows) == 1
