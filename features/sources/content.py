"""Tell the content of a row, whose digest identifies it, from what is learnt about it later."""

from __future__ import annotations

from collections.abc import Iterable

from features.sources.mapping import SourceFeed


def share_content(feeds: Iterable[SourceFeed]) -> None:
    """Give the feeds that read the same files and digest their rows one content.

    A file may bring applications and their outcomes. Both feeds find one identifier for a row only
    if neither digests what the other one refuses, or reads as a label.
    """
    generating = [feed for feed in feeds if feed.generates_key]
    for feed in generating:
        beside = [other for other in generating if other.folder == feed.folder]
        feed.leave_out(frozenset().union(*map(_later_facts, beside)))


def _later_facts(feed: SourceFeed) -> frozenset[str]:
    """Return the columns of a feed that are no content of a row."""
    is_of_labels = bool(feed.declaration.stated_labels)
    return feed.left_out.union(feed.delivered_columns if is_of_labels else ())
