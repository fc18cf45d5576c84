"""Write files to the landing area atomically."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from features.synthesize import files
from features.synthesize.feed_shapes import SOURCE, FeedShape
from features.synthesize.plan import FileFormat
from features.synthesize.tally import Counts


class Sink(Protocol):
    """A store of objects; every object store of the project is a sink."""

    def put(self, name: str, source: Path | bytes) -> None:
        """Write an object atomically."""


class FolderSink:
    """A sink that writes files below a folder, under a temporary name first."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, source: Path | bytes) -> None:
        """Write a file atomically."""
        target = self._root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        growing = target.with_name(f".{target.name}.part")
        if isinstance(source, bytes):
            growing.write_bytes(source)
        else:
            shutil.copyfile(source, growing)
        growing.replace(target)


class Landing:
    """Write the files of all feeds, one at a time, through a working folder."""

    def __init__(self, sink: Sink, file_format: FileFormat, work: Path, counts: Counts) -> None:
        self._sink = sink
        self._format = file_format
        self._work = work
        self._counts = counts

    @contextmanager
    def file(
        self, feed: FeedShape, start: datetime, end: datetime, *, is_history: bool
    ) -> Iterator[files.FileWriter]:
        """Open a feed's file for [start, end); the end of the block stores it, unless empty."""
        path = self._work / "growing"
        writer = files.create(path, feed, self._format)
        try:
            yield writer
        finally:
            writer.close()
        if writer.rows:
            self._counts.files[feed.name] = self._counts.files.get(feed.name, 0) + 1
            self._counts.size_bytes += path.stat().st_size
            self._sink.put(object_name(feed, start, end, self._format, is_history=is_history), path)

    def whole(
        self,
        feed: FeedShape,
        tables: Iterable[pa.Table],
        window: tuple[datetime, datetime],
        *,
        is_history: bool,
    ) -> int:
        """Write a whole file and return its number of rows."""
        with self.file(feed, *window, is_history=is_history) as writer:
            for table in tables:
                writer.write(table)
        return writer.rows


def object_name(
    feed: FeedShape, start: datetime, end: datetime, file_format: FileFormat, *, is_history: bool
) -> str:
    """Return the object name of the feed's file for [start, end)."""
    folder = "history/" if is_history else ""
    window = f"{start:%Y%m%dT%H%MZ}_{end:%Y%m%dT%H%MZ}"
    return f"landing/{SOURCE}/{feed.name}/{folder}{feed.name}_{window}.{file_format}"
