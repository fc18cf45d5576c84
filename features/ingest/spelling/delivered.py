"""Hold the delivered rows that the canonical columns are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.sources.mapping import SourceFeed

TEXT = pa.string()
TEXTS = pa.list_(pa.string())


@dataclass(frozen=True, slots=True)
class Delivered:
    """The delivered text of some rows of one file.

    Args:
        columns: text by delivered name, or lists of text if the format has lists.
        rows: number of rows.
        feed: as the source describes it.
        now: no year of two digits is later; UTC.
        file_name: name of the file, without its folder.
    """

    columns: Mapping[str, pa.Array]
    rows: int
    feed: SourceFeed
    now: datetime
    file_name: str = ""

    def text(self, name: str) -> pa.Array:
        """Return one delivered column as text; null in all rows if the file lacks it."""
        column = self.columns.get(name)
        if column is None:
            return pa.nulls(self.rows, TEXT)
        if column.type == TEXTS:
            return pc.binary_join(column, self.feed.list_separator)
        return column

    def repeated(self, value: str | None) -> pa.Array:
        """Return a column with one value in all rows."""
        return pa.array([value], TEXT).take(pa.array(np.zeros(self.rows, np.int64)))
