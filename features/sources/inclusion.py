"""Completes a description: names, folders and inherited keys of its feeds, and included sources.

The register of deliveries knows a feed by source and kind. An entry that is named like its feed is
registered under the name of its source, and any other entry under `<source>.<entry>`. An included
feed keeps the name that it has where its source is used alone. So no two feeds share the history of
their deliveries, and a source may join a set later without a change of its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from features.feeds import FEEDS
from features.platform import strict_yaml
from features.platform.errors import ConfigurationError
from features.platform.yaml_document import Document
from features.sources.files import SHIPPED, find, is_path
from features.sources.removed_keys import refuse_removed

#: The name of an entry is a folder, and a part of the name in the register.
_ENTRY = re.compile(r"[a-z][a-z0-9_-]{0,29}")

#: Keys of a set that are the defaults of its own feeds.
_INHERITED = (
    "time_zone",
    "formats",
    "encoding",
    "csv",
    "json",
    "excel",
    "match_header",
    "null_tokens",
)

Content = dict[str, Any]
Check = Callable[[Document, Mapping[str, Any]], None]


def identity(name: str, entry: str, feed: object) -> str:
    """Return the source under which the register keeps a feed.

    Args:
        name: of the set.
        entry: its key in `feeds` of the set; `<source>.<entry>` for an included feed.
        feed: the kind of the feed.
    """
    source, _, own = entry.rpartition(".")
    source = source or name
    return source if own == feed else f"{source}.{own}"


def complete(
    path: Path,
    overrides: Mapping[str, Any],
    check: Check,
    folder: Path | None = None,
    trail: tuple[str, ...] = (),
) -> tuple[Document, Content]:
    """Return a file, and its content with all feeds in the order of admission.

    Args:
        path: of the description.
        overrides: top-level keys that a run sets; None is ignored.
        check: checks an included description by itself.
        folder: the user's own descriptions.
        trail: names of the sources that include this one.

    Raises:
        ConfigurationError: a file cannot be read, or the sources cannot be one set; names file and
            key.
    """
    document = _read(path)
    given = {key: value for key, value in overrides.items() if value is not None}
    stated: Content = {"name": path.stem, **document.content, **given}
    feeds = _own_feeds(stated, document)
    if not isinstance(feeds, dict):
        return document, stated  # the model refuses it
    trail = (*trail, path.stem)
    for part in _included(stated, document, trail):
        other, content = complete(_part(part, path, folder), {}, check, folder, trail)
        check(other, content)
        _join(feeds, part, content, stated, document)
    if not feeds:
        _refuse(document, "feeds", "the source has no feed: describe one, or include a source")
    return document, {**stated, "feeds": _in_order(feeds)}


def files_of(path: Path, folder: Path | None = None) -> list[Path]:
    """Return the file of a source and the files of all sources that it includes."""
    files, waiting = [], [path]
    while waiting:
        file = waiting.pop()
        if file not in files:
            files.append(file)
            names = _read(file).content.get("include")
            parts = [name for name in names or () if isinstance(name, str)]
            waiting += [_part(name, file, folder) for name in parts]
    return files


def _part(name: str, path: Path, folder: Path | None) -> Path:
    """Return the file of an included source, which lies beside the file that includes it."""
    return find(name, folder if path.parent == SHIPPED else path.parent)


def _read(path: Path) -> Document:
    try:
        document = strict_yaml.read(path)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    if document.content.get("name", path.stem) != path.stem:
        raise ConfigurationError(
            f"{path.name}: name: a source has the name of its file, {path.stem}; leave the key out"
        )
    refuse_removed(document)
    return document


def _own_feeds(stated: Content, document: Document) -> object:
    """Return the feeds of a description with the keys that they inherit from it."""
    feeds = stated.get("feeds", {})
    if not isinstance(feeds, dict):
        return feeds
    whole = {key: stated[key] for key in _INHERITED if key in stated}
    completed: Content = {}
    for entry, keys in feeds.items():
        _check_entry(entry, keys, document)
        if isinstance(keys, dict | None):
            feed = (keys or {}).get("feed", entry)
            names = {"feed": feed, "source": identity(stated["name"], entry, feed)}
            place = {"folder": f"landing/{stated['name']}/{entry}"}
            completed[entry] = {**names, **place, **whole, **(keys or {})}
        else:
            completed[entry] = keys  # the model refuses it
    return completed


def _check_entry(entry: str, keys: object, document: Document) -> None:
    """Refuse a name that cannot be a folder, or that means another feed."""
    feed = keys.get("feed", entry) if isinstance(keys, dict) else entry
    if entry in FEEDS:
        if feed != entry:
            _refuse(document, f"feeds.{entry}.feed", f"{entry} is the name of another feed")
        return
    if not _ENTRY.fullmatch(entry):
        _refuse(
            document,
            f"feeds.{entry}",
            "a name has 1 to 30 of the characters a-z, 0-9, _ and -, beginning with a letter",
        )
    if isinstance(keys, dict) and "feed" not in keys:
        *names, last = FEEDS
        _refuse(
            document,
            f"feeds.{entry}",
            f"{entry!r} is a name of your own: state the feed of its rows as `feed`, one of "
            f"{', '.join(names)} or {last}",
        )


def _included(stated: Content, document: Document, trail: tuple[str, ...]) -> list[str]:
    parts = stated.get("include", [])
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        return []  # the model refuses it
    for part in parts:
        if is_path(part):
            _refuse(document, "include", f"{part} is a path: give the name of the source alone")
        if part in trail:
            circle = " includes ".join((*trail[trail.index(part) :], part))
            _refuse(document, "include", f"a circle: {circle}")
    return parts


def _join(feeds: Content, part: str, content: Content, stated: Content, document: Document) -> None:
    """Add the feeds of an included source; a source that is included twice joins once."""
    zone = {"time_zone": stated["time_zone"]} if "time_zone" in stated else {}
    for entry, keys in content["feeds"].items():
        name = entry if "." in entry else f"{part}.{entry}"
        joined = {**zone, **keys}
        if feeds.setdefault(name, joined) != joined:
            _refuse(
                document,
                "include",
                f"{name} joins twice with different time zones: state `time_zone` in its own file",
            )


def _in_order(feeds: Content) -> Content:
    places = {feed: place for place, feed in enumerate(FEEDS)}
    kinds = {
        entry: keys.get("feed", entry) if isinstance(keys, dict) else entry
        for entry, keys in feeds.items()
    }
    order = sorted(feeds, key=lambda entry: places.get(str(kinds[entry]), len(places)))
    return {entry: feeds[entry] for entry in order}


def _refuse(document: Document, key: str, problem: str) -> None:
    steps = tuple(key.split("."))
    known = [steps[:end] for end in range(len(steps), 0, -1) if steps[:end] in document.places]
    line, column = document.places[known[0]] if known else (1, 1)
    raise ConfigurationError(f"{document.name}: line {line}, column {column}: {key}: {problem}")
