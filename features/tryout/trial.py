"""Try one file against a description: choose its feeds, check each, and join further files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from features.platform.errors import ConfigurationError
from features.sources.descriptions import Sources
from features.sources.mapping import SourceFeed
from features.tryout.check import Place, check_file
from features.tryout.choice import feeds_of
from features.tryout.findings import FeedCheck
from features.tryout.joins import KeyColumn, files_of, joined, key_of


def trial_of(
    path: Path, sources: Sources, *, feed: str | None = None, joins: Sequence[str] = ()
) -> list[FeedCheck]:
    """Return the check of a file for each feed that it belongs to.

    Args:
        path: of the file.
        sources: the description.
        feed: the name of the only feed to check; None chooses by the columns of the file.
        joins: further files, such as `customers=FILE`.

    Raises:
        ConfigurationError: a file or a feed does not exist, or no column joins two files.
    """
    place = Place(path)
    feeds = feeds_of(place, sources, feed)
    others = [files_of(text, sources) for text in joins]
    main, *further = feeds
    others += [(each, [place]) for each in further if _joins(main, each)]
    keys: dict[str, KeyColumn] = {}
    for other, _ in others:
        name = key_of(main, other)
        column = next(column for column in main.landed_columns if column.name == name)
        event = main.declaration.event
        keys[name] = KeyColumn(column.target, event.target if event else None)
    check = check_file(place, sources, main, observers=list(keys.values()))
    found, labels, label_name = joined(check, main, keys, others, sources)
    check = replace(check, joins=tuple(found), labels=tuple(labels), label_name=label_name)
    return [check, *(check_file(place, sources, each) for each in further)]


def _joins(main: SourceFeed, other: SourceFeed) -> bool:
    try:
        key_of(main, other)
    except ConfigurationError:
        return False
    return True
