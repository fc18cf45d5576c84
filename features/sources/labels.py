"""Describe a label in the files of another feed, such as fraud on a transaction."""

from __future__ import annotations

from typing import Literal

from features.sources.columns import ColumnDescription
from features.sources.described import Described
from features.sources.parts import Duration, Words


class InlineLabel(Described):
    """A label in the files of another feed; ingest moves it to the feed of labels.

    Args:
        column: delivered name of the column; a blank label is not known yet.
        latency: the time from the transaction until the label was known.
        provenance: the origin of the label.
        label_in: `all` files have the column, or only those of a `history` load need it.
        true_words: texts that mean fraud, in any case, such as `fraud`.
        false_words: texts that mean no fraud, in any case, such as `legit`.
        null_tokens: more texts that mean "not known yet", such as `pending`.
    """

    column: str
    latency: Duration
    provenance: str
    label_in: Literal["all", "history"] = "all"
    true_words: Words | None = None
    false_words: Words | None = None
    null_tokens: Words | None = None

    @property
    def description(self) -> ColumnDescription:
        """The label as a described column of flags."""
        return ColumnDescription(
            column=self.column,
            true_words=self.true_words,
            false_words=self.false_words,
            null_tokens=self.null_tokens,
        )
