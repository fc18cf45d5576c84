"""Collect the faults of a file by reason and column, with some texts for a remedy.

The texts stay in memory. Only the remedy is written, and it contains no value of a row.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from features.ingest.chunks import Chunk
from features.ingest.reasons import RowReason
from features.ingest.remedies import remedy
from features.ingest.verdicts import Verdicts
from features.sources.mapping import SourceFeed

Fault = tuple[RowReason, str]

_PLAIN_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_SAMPLES = 20
_NAMED = 3


@dataclass(slots=True)
class Faults:
    """The faults of a file.

    Args:
        counts: rejected rows by reason and column; a fault of a whole row has no column.
        samples: some delivered texts of each fault.
    """

    counts: Counter[Fault] = field(default_factory=Counter)
    samples: dict[Fault, list[str]] = field(default_factory=dict)

    def add(self, chunk: Chunk, verdicts: Verdicts, feed: SourceFeed) -> None:
        """Count the rejected rows of a chunk, and keep some of their texts."""
        rows, reasons, _ = verdicts.rejected()
        faults = list(zip(reasons, verdicts.rejected_columns(), strict=True))
        fresh = Counter(faults)
        self.counts += fresh
        for fault in fresh:
            kept = self.samples.setdefault(fault, [])
            if len(kept) < _SAMPLES:
                places = [place for place, other in enumerate(faults) if other == fault]
                kept += samples_of(
                    chunk, rows[places[: _SAMPLES - len(kept)]].tolist(), fault[1], feed
                )
        for row in chunk.malformed:
            self.counts[row.reason, ""] += 1

    def advice(self, feed: SourceFeed) -> str:
        """Return the keys that would change the most frequent verdicts; empty if no key does."""
        advice = []
        for (reason, column), _ in self.counts.most_common(_NAMED):
            if text := remedy(reason, column, self.samples.get((reason, column), ()), feed):
                advice.append(f"{reason}{f' of {column}' if column else ''}: {text}")
        return "; ".join(advice)


def samples_of(chunk: Chunk, rows: Sequence[int], canonical: str, feed: SourceFeed) -> list[str]:
    """Return the delivered text of a canonical column in some rows, for a remedy.

    Date and time in two columns are one text. A plain number is no reason to reject a product, so
    the other factor is its text.
    """
    column = next((each for each in feed.landed_columns if each.name == canonical), None)
    description = feed.description_of(column) if column else None
    names = description.read_from if description else ()
    columns = [chunk.columns[name] for name in names if name in chunk.columns]
    texts = []
    for row in np.asarray(rows).tolist():
        values = [column[row].as_py() for column in columns]
        stated = [str(value) for value in values if value is not None]
        if description is not None and description.product is not None:
            stated = [text for text in stated if not _PLAIN_NUMBER.fullmatch(text)][:1]
        texts.append(" ".join(stated))
    return texts
