"""Declare the draft of a description: feeds, keys, and a reason for each guess."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from features.tryout.guess_private import Refusal
from features.tryout.samples import Sample

PROVENANCE = "first_source"


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a description: its value, and the comments above it.

    Attributes:
        name: the key.
        value: a delivered name, or keys; None for a required column without a guess.
        comments: sentences; those that begin with TODO or CHECK need a person.
    """

    name: str
    value: object
    comments: tuple[str, ...] = ()


@dataclass(slots=True)
class FeedDraft:
    """The draft of one feed."""

    name: str
    comments: list[str] = field(default_factory=list)
    columns: dict[str, Entry] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    numeric_id: list[str] = field(default_factory=list)
    keys: list[Entry] = field(default_factory=list)

    @property
    def missing(self) -> list[str]:
        """The required columns without a guess."""
        return [name for name, entry in self.columns.items() if entry.value is None]


@dataclass(slots=True)
class Draft:
    """The draft of a description.

    Attributes:
        name: of the source.
        file: the name of the sampled file.
        sample: what the guesses rest on.
        keys: of the description as a whole.
        feeds: one or two.
        unread: delivered columns without a meaning.
        notes: sentences for the head.
    """

    name: str
    file: str
    sample: Sample
    keys: list[Entry] = field(default_factory=list)
    feeds: list[FeedDraft] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether every required column has a guess."""
        return not any(feed.missing for feed in self.feeds)


def delivered_of(entry: Entry | None) -> list[str]:
    """Return the delivered columns of an entry."""
    value = entry.value if entry else None
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        own = value.get("columns") or value.get("product") or [value.get("column")]
        return [str(name) for name in own if name is not None]
    return []


def delivered_by(feed: FeedDraft) -> list[str]:
    """Return the delivered columns that the draft of a feed reads."""
    inline = [entry.value for entry in feed.keys if entry.name == "inline_label"]
    names = [name for entry in feed.columns.values() for name in delivered_of(entry)]
    return [*names, *(str(each["column"]) for each in inline if isinstance(each, dict))]
