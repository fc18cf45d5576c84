"""Hold the sampled columns that a draft may use, and draft the parts that feeds share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from features.feeds import FEEDS
from features.tryout import guess_others, guess_private
from features.tryout.column_facts import ColumnFacts
from features.tryout.draft_entries import amount_entries
from features.tryout.drafts import Entry, FeedDraft, delivered_of
from features.tryout.guess_amounts import AmountGuess
from features.tryout.guess_labels import LabelGuess
from features.tryout.samples import Sample


@dataclass(frozen=True, slots=True)
class Material:
    """What a draft rests on.

    Attributes:
        sample: of the file.
        facts: of all columns.
        open: of the columns that do not look personal.
        base: the base currency of the warehouse.
    """

    sample: Sample
    facts: tuple[ColumnFacts, ...]
    open: tuple[ColumnFacts, ...]
    base: str

    @classmethod
    def of(cls, sample: Sample, base: str) -> Material:
        """Return the material of a sample."""
        facts = tuple(
            ColumnFacts(name, texts, sample.types.get(name))
            for name, texts in sample.columns.items()
        )
        open_ones = tuple(each for each in facts if not guess_private.personal(each))
        return cls(sample, facts, open_ones, base)


def add_amount(feed: FeedDraft, name: str, amount: AmountGuess | None) -> None:
    """Add the amount to the draft of a feed."""
    entry, *further = amount_entries(name, amount)
    feed.columns[name] = entry
    feed.keys += further


def add_others(feed: FeedDraft, facts: Sequence[ColumnFacts]) -> None:
    """Add the columns that a feed may have, by their names and words."""
    names = {column.name for column in FEEDS[feed.name].columns}
    free = list(facts)
    for each in facts if "kind" in names else ():
        kinds = guess_others.kinds_of(each)
        if kinds and each.score((), ("type", "kind", "art", "status", "operation")):
            value = {"column": each.name, "map": kinds, "otherwise": "purchase"}
            why = "its words tell refunds and reversals from purchases"
            feed.columns["kind"] = Entry("kind", value, (why,))
            free.remove(each)
            break
    found = guess_others.others_of(free, feed.name)
    for name, each in found.items():
        if name in feed.columns:
            continue
        if not guess_private.by_name(each, feed.name, None):
            feed.columns[name] = Entry(name, each.name)


def add_refusals(
    material: Material, feed: FeedDraft, label: LabelGuess | None, taken: set[str]
) -> None:
    """Add the columns that must not be read, and the identifiers that are long numbers."""
    flags = (label.positive, label.known) if label else None
    name = label.name if label else None
    feed.refused = guess_private.refusals(material.facts, feed.name, name, flags, frozenset(taken))
    names = {each.name for each in feed.refused}
    for key, entry in list(feed.columns.items()):
        if names & set(delivered_of(entry)):
            if not FEEDS[feed.name].column(key).is_required:
                del feed.columns[key]
            else:
                feed.refused = [
                    each for each in feed.refused if each.name not in delivered_of(entry)
                ]
    by_name = {each.name: each for each in material.facts}
    feed.numeric_id = [
        key
        for key, entry in feed.columns.items()
        if FEEDS[feed.name].column(key).kind.value in ("id", "text")
        and any(guess_private.is_long_number(by_name[each]) for each in delivered_of(entry))
    ]
