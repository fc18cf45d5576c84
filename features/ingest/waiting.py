"""List the objects of a landing folder that are new deliveries."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

import psycopg
import structlog

from features.feeds import LoadKind
from features.ingest import arrivals
from features.ingest.clock import whole
from features.platform.card_numbers import mask_name, names_card_number
from features.platform.object_names import UnsafeNameError, check_name
from features.platform.objects import ObjectInfo, ObjectStore
from features.sources.mapping import SourceFeed

log = structlog.get_logger(__name__)

_UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload")


def new_objects(
    feed: SourceFeed,
    store: ObjectStore,
    connection: psycopg.Connection[Any],
    now: datetime,
    load_kind: LoadKind | None,
) -> list[ObjectInfo]:
    """Return the finished objects that are new; history first, then in order of arrival."""
    finished = [info for info in store.list(f"{feed.folder}/") if _is_finished(info.name)]
    objects = {info.name: info for info in finished if belongs(info.name, feed)}
    if len(objects) < len(finished):
        others = sorted(info.name for info in finished if info.name not in objects)
        log.info(
            "objects_left_alone",
            feed=feed.name,
            files=list(feed.files),
            count=len(others),
            names=[printable(name) for name in others[:5]],
        )
    recent = now - timedelta(seconds=feed.settle_seconds)
    if not store.writes_are_atomic and any(info.changed_at > recent for info in objects.values()):
        time.sleep(feed.settle_seconds)
        again = {info.name: info for info in store.list(f"{feed.folder}/")}
        growing = [name for name, info in objects.items() if again.get(name) != info]
        for name in growing:
            log.info("delivery_still_growing", feed=feed.name, object_name=printable(name))
            del objects[name]
    if load_kind is not None:
        objects = {name: info for name, info in objects.items() if kind_of(name, feed) == load_kind}
    readable = [info for info in objects.values() if is_safe(info.name)]
    with whole(connection):
        seen = arrivals.unchanged_names(connection, feed.source, feed.name, readable)
    fresh = [info for name, info in objects.items() if name not in seen]
    return sorted(
        fresh, key=lambda info: (kind_of(info.name, feed) == "live", info.modified_at, info.name)
    )


def check(name: str) -> None:
    """Check a name before it is used.

    Raises:
        UnsafeNameError: no store may open the name, or it has a card number and may not be stored.
    """
    check_name(name)
    if names_card_number(name):
        raise UnsafeNameError(
            "object name that holds what passes as a card number; deliver the file under another"
        )


def printable(name: str) -> str:
    """Return a name for storage and logs: printable, and without a card number."""
    return ascii(mask_name(name))


def is_safe(name: str) -> bool:
    """Return whether a name may be used."""
    try:
        check(name)
    except UnsafeNameError:
        return False
    return True


def belongs(name: str, feed: SourceFeed) -> bool:
    """Return whether an object is a file of a feed, by the patterns of its source."""
    if not feed.files:
        return True
    folder = feed.history_folder if kind_of(name, feed) == "history" else feed.folder
    path = name.removeprefix(f"{folder}/")
    file = path.rpartition("/")[2]
    return any(fnmatchcase(path if "/" in pattern else file, pattern) for pattern in feed.files)


def kind_of(name: str, feed: SourceFeed) -> LoadKind:
    """Return the load kind of an object: history or live."""
    return "history" if name.startswith(f"{feed.history_folder}/") else "live"


def _is_finished(name: str) -> bool:
    file = name.rpartition("/")[2]
    return not file.startswith((".", "_")) and not file.lower().endswith(_UNFINISHED)
