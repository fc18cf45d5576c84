"""Count the keys that a file repeats, by the rule of ingest, in 24 bytes per row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.tryout.hashes import Hashes, of_rows

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Repeats:
    """The repeated keys of one file.

    Attributes:
        duplicates: rows that repeat a key and its content; the first of them is kept.
        conflicts: rows that contradict another row of their key; none of them is kept.
        examples: row numbers of the first contradictions, key by key.
    """

    duplicates: int = 0
    conflicts: int = 0
    examples: tuple[tuple[int, ...], ...] = ()


class RepeatCounter:
    """Collects hashes of keys and contents, chunk by chunk."""

    def __init__(self, key: tuple[str, ...], columns: tuple[str, ...]) -> None:
        self._key, self._columns = key, columns
        self._parts: list[tuple[Hashes, Hashes, npt.NDArray[np.int64]]] = []

    def add(self, typed: pa.Table) -> None:
        """Take the accepted rows of a chunk."""
        numbers = typed.column("row_number").to_numpy()
        self._parts.append((of_rows(typed, self._key), of_rows(typed, self._columns), numbers))

    def result(self) -> Repeats:
        """Return the repeated keys of all rows taken."""
        if not self._parts:
            return Repeats()
        keys, contents, numbers = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        order = np.argsort(keys, kind="stable")
        keys, contents, numbers = keys[order], contents[order], numbers[order]
        starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        sizes = np.diff(np.append(starts, len(keys)))
        is_conflict = np.minimum.reduceat(contents, starts) != np.maximum.reduceat(contents, starts)
        examples = [
            tuple(sorted(numbers[starts[group] : starts[group] + min(sizes[group], 3)].tolist()))
            for group in np.flatnonzero(is_conflict).tolist()
        ]
        return Repeats(
            int((sizes[~is_conflict] - 1).sum()),
            int(sizes[is_conflict].sum()),
            tuple(sorted(examples)[:_SHOWN]),
        )
