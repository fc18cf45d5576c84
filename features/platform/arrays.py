"""Name the arrays that columns are computed in, once for all rooms."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Matrix = NDArray[np.float64]  # [n, features], null = NaN
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]
Codes = NDArray[np.int64]  # one number per value of a column, from 0
Levels = NDArray[np.int8]  # a strictness per row, from 0
Columns = Mapping[str, pa.Array]
FloatColumns = Mapping[str, Floats]


def row_sums(values: Matrix) -> Floats:
    """Return the sum of each row: [n]; column by column, so no row depends on the others."""
    total = np.zeros(len(values))
    for column in values.T:
        total += column
    return total


def lists_of(values: Matrix, has_values: Flags) -> pa.ListArray:
    """Return the rows of a matrix as a column of lists.

    Args:
        values: [n, length].
        has_values: [n]; other rows are null.
    """
    rows, length = values.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * length
    return pa.ListArray.from_arrays(offsets, values.ravel(), mask=pa.array(~has_values))
