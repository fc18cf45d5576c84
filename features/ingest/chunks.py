"""Files to chunks of text: every field as it was delivered, in bounded memory.

No type is guessed here. A parser that guesses turns `007` into 7, `NA` into null and a long id into
a rounded number; so every field stays text until the checks have seen it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.canonical import is_protected
from features.ingest.limits import Limits
from features.ingest.lines import Record, Records
from features.ingest.reasons import HeldError, HoldReason, RowReason
from features.platform.card_numbers import mask
from features.sources.feeds import Feed

TEXT = pa.string()
TEXTS = pa.list_(pa.string())


@dataclass(frozen=True, slots=True)
class Malformed:
    """A row without fields to check: its number in the file, why, as delivered, what is wrong."""

    row_number: int
    reason: RowReason
    record: Record
    detail: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a file.

    Args:
        columns: by delivered name: text, or lists of text where the format has lists.
        row_numbers: 1 is the first row after the header.
        malformed: rows of this stretch of the file that are in no column.
        records: the rows as delivered, where the format has lines.
        delimiter: what stands between the fields of a row's text; None where fields have names.
    """

    columns: Mapping[str, pa.Array]
    row_numbers: npt.NDArray[np.int64]
    malformed: Sequence[Malformed] = ()
    records: Records | None = None
    delimiter: str | None = None

    @property
    def line_counts(self) -> npt.NDArray[np.int64] | None:
        """Lines of each row, where one takes more than one; None where each takes one."""
        if self.records is None:
            return None
        counts = self.records.line_counts
        return counts if (counts > 1).any() else None

    def originals(self, rows: npt.NDArray[np.int64]) -> list[Record]:
        """Return the rows at these positions as delivered, or their fields as CSV."""
        if self.records is not None:
            return [self.records[row] for row in rows.tolist()]
        if not len(rows):
            return []
        taken = [_plain_text(column.take(pa.array(rows))) for column in self.columns.values()]
        quoted = [
            pc.if_else(
                pc.match_substring_regex(text, '[",\r\n]'),
                pc.binary_join_element_wise('"', pc.replace_substring(text, '"', '""'), '"', ""),
                text,
            )
            for text in taken
        ]
        joined = pc.binary_join_element_wise(
            *quoted, ",", null_handling="replace", null_replacement=""
        )
        return [Record(text) for text in joined.to_pylist()]


@dataclass(slots=True)
class Header:
    """What a file says about its columns, filled when its first chunk is read.

    Args:
        notes: what a person should know.
        conceals: whether it has columns that nobody may read where rejected rows are kept.
    """

    notes: list[str] = field(default_factory=list)
    conceals: bool = False

    def judge(self, delivered: Sequence[str], feed: Feed, *, must: set[str]) -> list[str]:
        """Return the columns to read.

        Raises:
            HeldError: a needed column is missing, a column stands twice, or no header is there.
        """
        self.conceals = any(map(is_protected, delivered))
        wanted = feed.delivered_columns
        known = {*wanted, *feed.refused}
        if known.isdisjoint(delivered):
            # what stands there may be a row, and a reason never carries values
            raise HeldError(
                HoldReason.MISSING_COLUMN,
                f"has {len(delivered)} columns, none with a name that is known: deliver it with "
                f"its header, {_names(sorted(must))}, and the delimiter of its format",
            )
        if twice := sorted({name for name in delivered if delivered.count(name) > 1}):
            raise HeldError(HoldReason.DUPLICATE_COLUMN, f"stands twice: {_names(twice)}")
        unknown = sorted(name for name in delivered if name not in known)
        if missing := sorted(must - set(delivered)):
            hint = f"; unknown columns: {_names(unknown)}" if unknown else ""
            raise HeldError(HoldReason.MISSING_COLUMN, f"lacks {_names(missing)}{hint}")
        if unknown:
            self.notes.append(f"unknown columns, not read: {_names(unknown)}")
        return [name for name in wanted if name in set(delivered)]


def mapped(feed: Feed) -> set[str]:
    """Return the delivered names that a header must have."""
    names = {name for key, name in feed.columns.items() if key not in feed.optional}
    return names | ({feed.inline_label.column} if feed.inline_label else set())


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(ascii(mask(name)[:60]) for name in names[:20])
    return shown if len(names) <= 20 else f"{shown} and {len(names) - 20} more"


def _plain_text(column: pa.Array) -> pa.Array:
    return pc.binary_join(column, "|") if pa.types.is_list(column.type) else column


def check_rows(rows: int, limits: Limits) -> None:
    """Check the number of rows.

    Raises:
        HeldError: over the limit.
    """
    if rows > limits.rows:
        raise HeldError(HoldReason.TOO_LARGE, f"more than {limits.rows} rows")


def first_line(error: Exception) -> str:
    """Return what pyarrow complains of, without the row that it quotes."""
    # pyarrow quotes the row after a colon; a reason never carries values
    return str(error).split("\n", 1)[0].split(":", 1)[0][:200]
