"""Define chunks of text: every field of a file as delivered, in bounded memory.

The readers guess no type. A parser that guesses converts `007` to 7, `NA` to null and a long id to
a rounded number. So every field stays text until the checks have run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from difflib import get_close_matches

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.feeds.columns import TEXTUAL, ColumnKind
from features.feeds.leaks import is_protected
from features.ingest.limits import Limits
from features.ingest.lines import Originals, Record
from features.ingest.reasons import HeldError, HoldReason, RowReason
from features.platform.card_numbers import mask
from features.sources.file_forms import folded
from features.sources.mapping import SourceFeed

TEXT = pa.string()
TEXTS = pa.list_(pa.string())


@dataclass(frozen=True, slots=True)
class Malformed:
    """A row that has no fields to check: its number in the file, reason, text and detail."""

    row_number: int
    reason: RowReason
    record: Record
    detail: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a file.

    Args:
        columns: text by delivered name, or lists of text if the format has lists.
        row_numbers: 1 is the first row after the header.
        malformed: rows of this part of the file that are in no column.
        records: the rows as delivered, if the format has lines or texts of rows.
        delimiter: separator of the fields in a row's text; None if fields have names.
    """

    columns: Mapping[str, pa.Array]
    row_numbers: npt.NDArray[np.int64]
    malformed: Sequence[Malformed] = ()
    records: Originals | None = None
    delimiter: str | None = None

    @property
    def line_counts(self) -> npt.NDArray[np.int64] | None:
        """The number of lines of each row; None if each row has one line."""
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
        texts = [_plain_text(column.take(pa.array(rows))) for column in self.columns.values()]
        quoted = [
            pc.if_else(
                pc.match_substring_regex(text, '[",\r\n]'),
                pc.binary_join_element_wise('"', pc.replace_substring(text, '"', '""'), '"', ""),
                text,
            )
            for text in texts
        ]
        joined = pc.binary_join_element_wise(
            *quoted, ",", null_handling="replace", null_replacement=""
        )
        return [Record(text) for text in joined.to_pylist()]


@dataclass(slots=True)
class Header:
    """Facts about a file's columns, set when its first chunk is read.

    Args:
        notes: notes for the operator.
        conceals: whether the file has protected columns, so that rejected rows are not kept.
        is_history: whether the file is a first load, which may need a column that live files lack.
    """

    notes: list[str] = field(default_factory=list)
    conceals: bool = False
    is_history: bool = False

    def columns_to_read(
        self, delivered: Sequence[str], feed: SourceFeed, *, must: set[str]
    ) -> dict[str, str]:
        """Check the delivered column names and return the columns to read.

        Returns:
            the described name of each column to read, by its name in the file.

        Raises:
            HeldError: a column is missing, a column occurs twice, or there is no header.
        """
        self.conceals = any(map(is_protected, delivered))
        described = feed.delivered_columns
        if self.is_history and feed.inline_label:
            must = {*must, feed.inline_label.column}
        known = {*described, *feed.refused}
        names = _as_described(delivered, known, feed)
        if described and known.isdisjoint(names):
            # the first line may be a row, and a reason never contains values
            raise HeldError(
                HoldReason.MISSING_COLUMN,
                f"has {len(delivered)} columns, none with a name that is known: deliver it with "
                f"its header, {_names(sorted(must))}, and the delimiter of its format"
                f"{_folding_hint(delivered, known)}",
            )
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise HeldError(HoldReason.DUPLICATE_COLUMN, f"stands twice: {_names(repeated)}")
        unknown = sorted(name for name in names if name not in known)
        if missing := sorted(must - set(names)):
            hint = f"; unknown columns: {_names(unknown)}" if unknown else ""
            raise HeldError(
                HoldReason.MISSING_COLUMN,
                f"lacks {_names(missing)}{hint}{_nearest(missing, unknown)}{_hint(missing, feed)}",
            )
        in_file = dict(zip(names, delivered, strict=True))
        read = {in_file[name]: name for name in described if name in in_file}
        if feed.generates_key:  # a digest of the row reads all its columns
            return read | {in_file[name]: name for name in unknown}
        if unknown:
            self.notes.append(f"unknown columns, not read: {_names(unknown)}")
        return read


def _as_described(names: Sequence[str], known: Set[str], feed: SourceFeed) -> list[str]:
    """Return delivered names as the source writes them, where it declares how to match them."""
    if feed.match_header == "exact":
        return list(names)
    by_folded = {folded(name): name for name in known}
    return [by_folded.get(folded(name), name) for name in names]


def _folding_hint(delivered: Sequence[str], known: Set[str]) -> str:
    """Return the key that makes names known, where they differ in case or blanks only."""
    if {folded(name) for name in known}.isdisjoint(map(folded, delivered)):
        return ""
    return "; names are equal but for case and blanks: the source may declare match_header: folded"


def _nearest(missing: Sequence[str], unknown: Sequence[str]) -> str:
    """Return a hint for each missing name that an unknown one resembles."""
    by_folded = {folded(name): name for name in unknown}
    hints = []
    for name in missing:
        if folded(name) in by_folded:
            return _folding_hint([by_folded[folded(name)]], {name})
        near = get_close_matches(folded(name), by_folded, n=1, cutoff=0.7)
        hints += [f"{_names([by_folded[found]])} resembles {_names([name])}" for found in near]
    return f"; {', '.join(hints)}: correct columns of the source" if hints else ""


def required_names(feed: SourceFeed) -> set[str]:
    """Return the delivered names that a header must have."""
    return set(feed.required_names)


def _hint(missing: Sequence[str], feed: SourceFeed) -> str:
    """Return the key that lets files lack a column; empty if each row needs all of them."""
    if feed.inline_label and feed.inline_label.column in missing:
        return "; if only history has labels, state `inline_label.label_in: history`"
    needed = {
        name
        for key in feed.declaration.required
        if key in feed.columns
        for name in feed.columns[key].delivered
    }
    lacking = sorted(
        key
        for key, column in feed.columns.items()
        if set(column.delivered) & set(missing) and not set(column.delivered) & needed
    )
    return f"; if files may lack it, add {', '.join(lacking)} to `optional`" if lacking else ""


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(ascii(mask(name)[:60]) for name in names[:20])
    return shown if len(names) <= 20 else f"{shown} and {len(names) - 20} more"


def is_only_text(kinds: Set[ColumnKind]) -> bool:
    """Return whether a delivered column is text: no number, flag or time is read from it."""
    values = kinds - {ColumnKind.EXCEPTION}  # an outcome may say so
    return bool(values) and values <= TEXTUAL | {ColumnKind.LIST}


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
    """Return the first line of a pyarrow error, without the row that it quotes."""
    # pyarrow quotes the row after a colon; a reason never contains values
    return str(error).split("\n", 1)[0].split(":", 1)[0][:200]
