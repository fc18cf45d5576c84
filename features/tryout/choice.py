"""Choose the feeds of a description that a file belongs to, by the columns of its first rows."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow.compute as pc

from features.ingest import refusals
from features.ingest.checks import Rules
from features.ingest.chunks import Header
from features.ingest.limits import DEFAULT
from features.ingest.opening import opened
from features.ingest.reasons import HeldError, HoldReason
from features.ingest.spool import spooled
from features.platform.errors import ConfigurationError
from features.sources.descriptions import Sources
from features.sources.mapping import SourceFeed
from features.tryout.check import Place


def feeds_of(place: Place, sources: Sources, name: str | None = None) -> list[SourceFeed]:
    """Return the feeds of a file: the named one, or those whose columns the file has.

    A file may serve several feeds of one folder, such as applications and their outcomes. A file
    that fits no feed gets the feed whose hold says most about it.

    Args:
        place: the file.
        sources: the description.
        name: of a feed; None chooses by the columns.

    Raises:
        ConfigurationError: the description has no such feed, or no file is at the place.
    """
    if not place.path.is_file():
        raise ConfigurationError(
            f"there is no file {place.shown} to check: give the path of one delivered file"
        )
    if name is not None:
        if name not in sources.feeds:
            raise ConfigurationError(
                f"source {sources.name!r} has no feed {name!r}; --feed is one of "
                f"{', '.join(sources.feeds)}"
            )
        return [sources.feeds[name]]
    fits = {key: _fit(place, feed, sources) for key, feed in sources.feeds.items()}
    best = max(fits, key=lambda each: fits[each])
    if fits[best] <= 0:
        return [sources.feeds[best]]
    folder = sources.feeds[best].folder
    chosen = [
        feed
        for key, feed in sources.feeds.items()
        if key == best or (fits[key] > 0 and feed.folder == folder)
    ]
    return sorted(chosen, key=lambda feed: (feed.declaration.event is None, feed.name))


def _fit(place: Place, feed: SourceFeed, sources: Sources) -> int:
    """Return how many delivered columns of a feed the file has; at most 0 if ingest holds it."""
    now = datetime.now(UTC)
    rules = Rules(feed, sources.provenance_rank, now, DEFAULT, place.path.name)
    try:
        with (
            place.path.open("rb") as source,
            spooled(source, rules.limits) as spool,
            opened(place.path.name, spool, rules) as file,
        ):
            chunk = next(iter(file.read(rules, Header()).chunks), None)
    except HeldError as error:
        return -1 if error.reason in (HoldReason.UNKNOWN_FORMAT, HoldReason.MISSING_COLUMN) else 0
    except refusals.OF_READING:
        return 0
    if chunk is None:
        return 0
    return sum(pc.count(column).as_py() > 0 for column in chunk.columns.values()) or 1
