"""Laws of the cut: every chunk is of one shard, and the shards have about the same work."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scoring.runs.shards import CHUNK_ROWS, Cut

CUTS = st.builds(
    Cut.of, st.integers(0, 50_000_000), st.integers(20_000, 100_000), st.integers(1, 16)
)


@given(CUTS)
def test_every_chunk_is_of_exactly_one_shard(cut: Cut) -> None:
    chunks = sorted(chunk for shard in range(cut.shards) for chunk in cut.chunks_of(shard))

    assert chunks == list(range(-(-cut.rows // cut.chunk_rows)))


@given(CUTS)
def test_no_shard_has_more_than_one_chunk_more_than_another(cut: Cut) -> None:
    sizes = [len(cut.chunks_of(shard)) for shard in range(cut.shards)]

    assert max(sizes) - min(sizes) <= 1
    assert len(sizes) == 1 or min(sizes) >= 1


@given(st.integers(0, CHUNK_ROWS))
def test_an_hour_of_one_chunk_is_one_shard(rows: int) -> None:
    assert Cut.of(rows).shards == 1
