"""Hold the labelled rows of any domain in one matrix, in order of time. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from features.platform.arrays import Flags, Floats


@dataclass(frozen=True, slots=True)
class LabelledRows:
    """Rows in order of time; a domain adds label, time and subject of each row.

    Args:
        features: names of the matrix' columns.
        matrix: one row per subject; null is NaN.
    """

    features: tuple[str, ...]
    matrix: Floats

    def __len__(self) -> int:
        return len(self.matrix)

    def take(self, rows: NDArray[Any] | slice) -> Self:
        """Return some of the rows, in their order."""
        by_row = [field.name for field in fields(self) if field.name != "features"]
        return replace(self, **{name: getattr(self, name)[rows] for name in by_row})

    def select(self, names: Sequence[str]) -> Self:
        """Return some of the columns, in the order of `names`."""
        columns = [self.features.index(name) for name in names]
        return replace(self, features=tuple(names), matrix=self.matrix[:, columns])

    def varying(self) -> tuple[str, ...]:
        """Return the columns that vary."""
        return self._named(varies(self.matrix))

    def _named(self, is_chosen: Flags) -> tuple[str, ...]:
        return tuple(name for name, keep in zip(self.features, is_chosen, strict=True) if keep)

    def _digest_with(self, *by_row: NDArray[Any]) -> str:
        """Return the SHA-256 over names, times and labels, and the matrix."""
        digest = hashlib.sha256(repr(self.features).encode())
        for part in (*by_row, self.matrix):
            digest.update(np.ascontiguousarray(part).data)
        return digest.hexdigest()


def varies(matrix: Floats) -> Flags:
    """Return the columns whose values differ, or are missing in only some rows."""
    known = ~np.isnan(matrix)
    first = np.where(known.any(0), matrix[known.argmax(0), range(matrix.shape[1])], 0.0)
    is_varying: Flags = ((matrix != first) & known).any(0) | (known.any(0) & ~known.all(0))
    return is_varying
