"""Add faults to deliveries on purpose: late rows, duplicates and bad rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.synthesize import identifiers
from features.synthesize.calendar import Span
from features.synthesize.plan import FileFormat, FileWindow, Plan
from features.synthesize.randomness import Stream, generator

_MOST_FILES_LATE = 5
TEST_CARD = "4111111111111111"  # the common test number of card networks; Luhn accepts it


def _constant(value: str | None) -> Callable[[pa.Array], pa.Array]:
    return lambda column: pa.array([value] * len(column), pa.string())


# by kind of bad row: column, and the function that damages it
_DAMAGES: dict[str, tuple[str, Callable[[pa.Array], pa.Array]]] = {
    "unknown_currency": ("currency", _constant("XQZ")),
    "negative_amount": ("amount", lambda column: pc.binary_join_element_wise("-", column, "")),
    "not_a_number": ("amount", _constant("NaN")),
    "future_timestamp": ("timestamp", _constant("2099-12-31T23:59:59.000Z")),
    "missing_field": ("customer_id", _constant(None)),
    "card_number": ("device_id", _constant(TEST_CARD)),
    "oversized_id": (
        "transaction_id",
        lambda column: pc.binary_join_element_wise(column, "x" * 10_240, "-"),
    ),
    "naive_timestamp": ("timestamp", lambda column: pc.utf8_slice_codeunits(column, 0, 23)),
}


def kinds(file_format: FileFormat) -> tuple[str, ...]:
    """Return the kinds of bad rows that a format can hold; Parquet has no naive timestamps."""
    names = tuple(_DAMAGES)
    return names[:-1] if file_format is FileFormat.PARQUET else names


@dataclass(frozen=True, slots=True)
class Delivered:
    """The delivery of one span's rows.

    Args:
        now: the table for the span's own file.
        is_late: mask of the rows that a later file delivers.
        is_duplicate: mask of the rows that a later file delivers once more.
        bad: number of added rows, by kind.
    """

    now: pa.Table
    is_late: NDArray[np.bool_]
    is_duplicate: NDArray[np.bool_]
    bad: dict[str, int]


@dataclass(slots=True)
class Post:
    """Divide tables among files, and hold rows for later files."""

    plan: Plan
    _waiting: dict[tuple[bool, int], list[pa.Table]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def deliver(self, table: pa.Table, span: Span, window: FileWindow) -> Delivered:
        """Divide a span's table into rows for this file and rows for later files."""
        rows, plan = table.num_rows, self.plan
        none = np.zeros(rows, bool)
        if window.is_history and not plan.dirty_history:
            return Delivered(table, none, none, {})
        rng = generator(plan.seed, Stream.FAULTS, span.key)
        draws, delays = rng.random(rows), rng.geometric(0.5, rows)
        last = min(window.last, window.index + _MOST_FILES_LATE)
        targets = np.minimum(window.index + delays, last)
        has_later = window.index < window.last
        is_late = (draws < plan.late) & has_later
        is_duplicate = (draws >= 1 - plan.duplicates) & has_later
        kept_back = np.where(is_late | is_duplicate, targets, -1)
        for index in range(window.index + 1, last + 1):
            later = table.filter(pa.array(kept_back == index))
            if later.num_rows:
                self._waiting[window.is_history, index].append(later)
        bad, counts = self._bad_rows(table, span, rng)
        now = table.filter(pa.array(~is_late)) if is_late.any() else table
        return Delivered(pa.concat_tables([now, bad]), is_late, is_duplicate, counts)

    def late_for(self, window: FileWindow) -> list[pa.Table]:
        """Return the rows of earlier spans for this file."""
        return self._waiting.pop((window.is_history, window.index), [])

    def _bad_rows(
        self, table: pa.Table, span: Span, rng: np.random.Generator
    ) -> tuple[pa.Table, dict[str, int]]:
        """Make bad rows from copies of good rows, with new ids."""
        rows = table.num_rows
        count = int(rng.binomial(rows, self.plan.bad)) if rows else 0
        names = kinds(self.plan.file_format)
        kind = rng.integers(0, len(names), count)
        copies = table.take(pa.array(rng.integers(0, max(rows, 1), count))).combine_chunks()
        ids = identifiers.transaction_ids(
            span.day, span.minute, np.arange(count, dtype=np.int64), identifiers.BAD
        )
        copies = _replaced(copies, "transaction_id", ids)
        for position, name in enumerate(names):
            column, damage = _DAMAGES[name]
            hit = pa.array(kind == position)
            damaged = damage(copies[column].combine_chunks())
            copies = _replaced(copies, column, pc.if_else(hit, damaged, copies[column]))
        counted = np.bincount(kind, minlength=len(names))
        return copies, {name: int(n) for name, n in zip(names, counted, strict=True)}


def _replaced(table: pa.Table, column: str, values: Any) -> pa.Table:  # noqa: ANN401 - Arrow's
    return table.set_column(table.schema.get_field_index(column), column, values)
