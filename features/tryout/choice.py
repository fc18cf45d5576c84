"""Choose the feeds of a description that a file belongs to, by the columns of its first rows."""

from __future__ import annotations

from features.platform.errors import ConfigurationError
from features.sources.descriptions import Sources
from features.sources.mapping import SourceFeed
from features.tryout.check import Place
from features.tryout.fits import Fit, fit_of


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
    fits = {key: _rank(fit_of(place.path, feed, sources)) for key, feed in sources.feeds.items()}
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


def _rank(fit: Fit) -> int:
    """Return the columns that fit; at most 0 for a held file, and least for a foreign one."""
    return -1 if fit.is_foreign else fit.columns
