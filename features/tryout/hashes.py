"""Hash whole columns, so that repeated keys of any file are found in a few bytes per row.

Each byte of a text is multiplied by a random weight of its place, and the products are added. Two
different texts collide with a probability below 2**-56.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Hashes = npt.NDArray[np.uint64]

_SEED = 20261129
_NULL = np.uint64(0x9E3779B97F4A7C15)


def hashed(column: pa.Array) -> Hashes:
    """Return a hash of 64 bits for each value; equal values have equal hashes, and null has one."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        hashes = _texts(pc.fill_null(column, ""))
    else:
        hashes = _mixed(_words(column))
    if column.null_count:
        hashes[pc.is_null(column).to_numpy(zero_copy_only=False)] = _NULL
    return hashes


def of_rows(table: pa.Table, names: tuple[str, ...]) -> Hashes:
    """Return a hash of the named columns for each row."""
    total = np.zeros(table.num_rows, np.uint64)
    for name in names:
        total = _mixed(total ^ hashed(table.column(name)))
    return total


def _words(column: pa.Array) -> Hashes:
    """Return values of a fixed width as words of 64 bits."""
    if pa.types.is_boolean(column.type):
        return np.asarray(pc.fill_null(column, False).to_numpy(zero_copy_only=False), np.uint64)
    if pa.types.is_floating(column.type):
        values = pc.fill_null(pc.cast(column, pa.float64()), 0.0).to_numpy(zero_copy_only=False)
        return np.ascontiguousarray(values + 0.0).view(np.uint64)
    if pa.types.is_date32(column.type):
        column = pc.cast(column, pa.int32())
    whole = pc.cast(column, pa.int64(), safe=False)
    return np.ascontiguousarray(pc.fill_null(whole, 0).to_numpy(zero_copy_only=False)).view(
        np.uint64
    )


def _texts(column: pa.Array) -> Hashes:
    column = pc.cast(column, pa.large_string())
    offsets = np.frombuffer(column.buffers()[1], np.int64)
    offsets = offsets[column.offset : column.offset + len(column) + 1]
    if not len(column):
        return np.zeros(0, np.uint64)
    first, last = int(offsets[0]), int(offsets[-1])
    lengths = np.diff(offsets)
    if first == last:
        return _mixed(lengths.astype(np.uint64))
    content = np.frombuffer(column.buffers()[2], np.uint8)[first:last]
    starts = offsets[:-1] - first
    places = np.arange(len(content)) - np.repeat(starts, lengths)
    products = (content.astype(np.uint64) + np.uint64(1)) * _weights()[places % len(_weights())]
    sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(products, dtype=np.uint64)))
    return _mixed(sums[offsets[1:] - first] - sums[starts] + lengths.astype(np.uint64) * _NULL)


@cache
def _weights() -> Hashes:
    return np.random.default_rng(_SEED).integers(0, 2**64, 8192, np.uint64) | np.uint64(1)


def _mixed(words: Hashes) -> Hashes:
    """Return words whose bits all depend on all bits of the input (the finish of splitmix64)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
