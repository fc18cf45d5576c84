"""Name the columns of a product's night that a plan reads, and read their lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from psycopg import sql

from features.platform import lists
from features.platform.arrays import Columns, Integers
from features.views import STOCK as VIEW
from scoring.models import feature_columns
from scoring.stock import forecasts

KEYS = ("stock_night_id", "version", "merchant_id", "product_id", "day_at", "order_days")
#: The lists of the feature table, with the types of their entries.
LISTS: Mapping[str, pa.DataType] = {
    "locations": pa.string(),
    "location_on_hand": pa.float64(),
    "location_reserved": pa.float64(),
    "channels": pa.string(),
    "inbound_units": pa.float64(),
    "inbound_due": pa.float64(),
    "batch_units": pa.float64(),
    "batch_expires": pa.float64(),
}
INPUT_TYPES = {
    **feature_columns.input_types(VIEW, KEYS),
    **dict.fromkeys((*LISTS, *forecasts.LISTS), pa.string()),
}


def input_columns(revision: str, evidence: str) -> sql.Composable:
    """Return the SQL of the columns of `INPUT_TYPES`; the feature table is `features`.

    Args:
        revision: the table of the query with the revision.
        evidence: the table of the query with the forecasts: those of the night in a first plan, the
            ledger in a replay.
    """
    return sql.SQL(", ").join(
        [
            feature_columns.input_columns(VIEW, KEYS, revision),
            *(lists.as_text(sql.Identifier("features", name)) for name in LISTS),
            *(lists.as_text(sql.Identifier(evidence, name)) for name in forecasts.LISTS),
        ]
    )


@dataclass(frozen=True, slots=True)
class Entries:
    """The entries of the lists of a column.

    Args:
        row: [K] the row of each entry, in ascending order.
        values: [K].
    """

    row: Integers
    values: pa.Array

    @classmethod
    def of(cls, columns: Columns, name: str) -> Entries:
        """Return the entries of a column of texts; a null list has none."""
        kind = LISTS.get(name) or forecasts.LISTS[name]
        read = lists.from_text(columns[name], kind)
        length = read.value_lengths().fill_null(0).to_numpy()
        return cls(np.repeat(np.arange(len(read)), length), read.flatten())

    @property
    def numbers(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """The entries as numbers: [K]."""
        return np.asarray(self.values.to_numpy(zero_copy_only=False), dtype=np.float64)

    @property
    def names(self) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
        """The entries as texts: [K]."""
        return np.asarray(self.values.to_numpy(zero_copy_only=False), dtype=object)
