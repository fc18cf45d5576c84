"""Draws a share of the subjects by a stable hash of their ids. Pure.

The draw depends on the id and the salt alone: not on the other rows, their order, the chunk or the
process. So a subject is drawn in every run or in none, and a replay years later draws it again. The
hash takes up one byte after the other and mixes after each, as the finaliser of SplitMix64 does
(Steele, Lea and Flood 2014), so that ids which count upwards are spread as well as any others.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.platform.arrays import Flags

_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))
_RANGE = 2.0**64


def is_drawn(ids: pa.Array | pa.ChunkedArray, salt: str, share: float) -> Flags:
    """Return whether each subject belongs to the drawn share: [n].

    Args:
        ids: [n] texts, without nulls.
        salt: seeds the draw.
        share: of all possible subjects, in [0, 1].
    """
    drawn: Flags = hashes(ids, salt) < share * _RANGE
    return drawn


def hashes(ids: pa.Array | pa.ChunkedArray, salt: str) -> NDArray[np.uint64]:
    """Return a hash of each id: [n].

    Args:
        ids: [n] texts, without nulls.
        salt: the start of every hash.
    """
    lengths, starts, data = _bytes_of(ids)
    seed = int.from_bytes(hashlib.sha256(salt.encode()).digest()[:8], "big")
    state = np.full(len(lengths), seed, dtype=np.uint64)
    for place in range(int(lengths.max(initial=0))):
        rows = np.flatnonzero(lengths > place)
        state[rows] = _mixed((state[rows] ^ data[starts[rows] + place]) * _FIRST)
    return _mixed(state)


def _mixed(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return states whose every bit depends on all bits; products wrap at 64 bits."""
    state = (state ^ (state >> _SHIFTS[0])) * _FIRST
    state = (state ^ (state >> _SHIFTS[1])) * _SECOND
    mixed: NDArray[np.uint64] = state ^ (state >> _SHIFTS[2])
    return mixed


def _bytes_of(
    ids: pa.Array | pa.ChunkedArray,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint64]]:
    """Return the length and the first place of each text, and the bytes of all."""
    array: Any = ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids
    texts = pa.concat_arrays([array.cast(pa.large_binary())])  # without an offset
    _, offsets, data = texts.buffers()
    if data is None:
        data = pa.py_buffer(b"")
    places = np.frombuffer(offsets, dtype=np.int64)[: len(texts) + 1]
    return np.diff(places), places[:-1], np.frombuffer(data, dtype=np.uint8).astype(np.uint64)
