"""Collect the rejected rows of a file by reason and column, with a few masked examples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.feeds import Column
from features.ingest.chunks import Chunk
from features.ingest.faults import samples_of
from features.ingest.reasons import SENTENCES, WITHHELD, RowReason
from features.ingest.remedies import remedy
from features.sources.mapping import SourceFeed
from features.tryout.findings import Example, Rejection
from features.tryout.masking import masked, masked_row
from features.tryout.repeats import Repeats

MOST_EXAMPLES = 5
MOST_SAMPLES = 50
_MARK = "\x1f"
Rows = npt.NDArray[np.int64]


class RejectionCounter:
    """Counts rejected rows, and keeps the values of a few of them in memory only."""

    def __init__(self, feed: SourceFeed) -> None:
        self._feed = feed
        self._columns = {column.name: column for column in feed.landed_columns}
        self._rejections: dict[tuple[str, str | None, str], Rejection] = {}
        self._samples: dict[tuple[str, str | None, str], list[str]] = {}

    def add(self, chunk: Chunk, rejected: pa.Table) -> None:
        """Take the rejected rows of a chunk."""
        if not rejected.num_rows:
            return
        reasons = rejected.column("reason").combine_chunks()
        codes = pc.binary_join_element_wise(
            reasons, rejected.column("detail").combine_chunks(), _MARK
        ).dictionary_encode()
        places = codes.indices.to_numpy(zero_copy_only=False)
        for code, text in enumerate(codes.dictionary.to_pylist()):
            reason, _, detail = text.partition(_MARK)
            rows = np.flatnonzero(places == code)
            self._add(chunk, reason, detail, rejected, rows)

    def _add(self, chunk: Chunk, reason: str, detail: str, rejected: pa.Table, rows: Rows) -> None:
        column, sentence = self._split(detail)
        key = (reason, column, sentence)
        if key not in self._rejections:
            names = ", ".join(self._delivered(column))
            self._rejections[key] = Rejection(reason, column, names, sentence)
            self._samples[key] = []
        rejection, samples = self._rejections[key], self._samples[key]
        rejection.rows += len(rows)
        few = rows[: MOST_SAMPLES - len(samples)].tolist()
        for row in few:
            number = rejected.column("row_number")[row].as_py()
            values = self._values(chunk, number, column)
            samples.append(self._sample(chunk, number, column))
            if len(rejection.examples) < MOST_EXAMPLES:
                original = rejected.column("original")[row].as_py()
                line = rejected.column("line_number")[row].as_py()
                shown = self._shown(values, column, original)
                rejection.examples.append(Example(number, line, shown))

    def add_conflicts(self, repeats: Repeats) -> None:
        """Take the rows that contradict each other."""
        if not repeats.conflicts:
            return
        reason = RowReason.CONFLICTING_CONTENT
        key = ", ".join(column.name for column in self._feed.declaration.columns if column.is_key)
        examples = [
            Example(rows[0], None, f"the key of row {rows[1]:,}") for rows in repeats.examples
        ]
        names = ", ".join(name for part in key.split(", ") for name in self._delivered(part))
        self._rejections[reason, key, ""] = Rejection(
            reason, key, names, SENTENCES[reason], repeats.conflicts, examples
        )
        self._samples[reason, key, ""] = []

    def result(self) -> tuple[Rejection, ...]:
        """Return the rejections, the most frequent first, each with its remedy."""
        for key, rejection in self._rejections.items():
            rejection.remedy = remedy(
                RowReason(rejection.reason), self._key_of(rejection), self._samples[key], self._feed
            )
        return tuple(
            sorted(
                self._rejections.values(),
                key=lambda each: (-each.rows, each.reason, str(each.column)),
            )
        )

    def _key_of(self, rejection: Rejection) -> str:
        """Return the column that a remedy may name; nothing for a row as a whole."""
        return rejection.column if rejection.column in self._columns else ""

    def _split(self, detail: str) -> tuple[str | None, str]:
        """Return the column of a detail such as `amount: not above zero`, and the sentence."""
        column, _, sentence = detail.partition(": ")
        if column in self._columns and sentence:
            return column, sentence
        return None, detail

    def _delivered(self, column: str | None) -> Sequence[str]:
        described = self._columns.get(column or "")
        return delivered_names(self._feed, described) if described else ()

    def _values(self, chunk: Chunk, number: int, column: str | None) -> list[str]:
        """Return the delivered texts of a rejected row in the columns of a canonical one."""
        place = int(np.searchsorted(chunk.row_numbers, number))
        if place >= len(chunk.row_numbers) or chunk.row_numbers[place] != number:
            return []
        found = (chunk.columns.get(name) for name in self._delivered(column))
        texts = [values[place].as_py() for values in found if values is not None]
        return [
            "|".join(map(str, text)) if isinstance(text, list) else text
            for text in texts
            if text is not None
        ]

    def _sample(self, chunk: Chunk, number: int, column: str | None) -> str:
        """Return the delivered text of a rejected row that a remedy looks at."""
        place = int(np.searchsorted(chunk.row_numbers, number))
        if place >= len(chunk.row_numbers) or chunk.row_numbers[place] != number:
            return ""
        return samples_of(chunk, [place], column or "", self._feed)[0]

    def _shown(self, values: Sequence[str], column: str | None, original: str) -> str:
        if original == WITHHELD:
            return "(not shown: the file has columns that may not be read)"
        described = self._columns.get(column or "")
        if values and described:
            return " · ".join(masked(value, described.kind) or "(empty)" for value in values)
        return "(no value)" if described else masked_row(original)


def delivered_names(feed: SourceFeed, column: Column) -> tuple[str, ...]:
    """Return the delivered names that a canonical column is read from; none for a constant."""
    description = feed.description_of(column)
    return description.delivered if description else ()
