"""The landing area: where each file goes, whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from features.synthesize import files
from features.synthesize.feeds import SOURCE, FeedShape
from features.synthesize.plan import FileFormat
from features.synthesize.tally import Counts


class Sink(Protocol):
    """Where objects are put; every object store of the project is one."""

    def put(self, name: str, source: Path | bytes) -> None:
        """Write an object so that it is seen whole or not at all."""


class FolderSink:
    """Objects as files below a folder, written under a temporary name and then renamed."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, source: Path | bytes) -> None:
        """Write a file so that it is seen whole or not at all."""
        target = self._root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        growing = target.with_name(f".{target.name}.part")
        if isinstance(source, bytes):
            growing.write_bytes(source)
        else:
            shutil.copyfile(source, growing)
        growing.replace(target)


class Landing:
    """Writes the files of all feeds, one at a time, through a working folder."""

    def __init__(self, sink: Sink, file_format: FileFormat, work: Path, counts: Counts) -> None:
        self._sink = sink
        self._format = file_format
        self._work = work
        self._counts = counts

    @contextmanager
    def file(
        self, feed: FeedShape, start: datetime, end: datetime, *, is_history: bool
    ) -> Iterator[files.FileWriter]:
        """Open a feed's file for [start, end); it lands at the end of the block, unless empty."""
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
        """Write a file at once and return its rows."""
        with self.file(feed, *window, is_history=is_history) as writer:
            for table in tables:
                writer.write(table)
        return writer.rows


def object_name(
    feed: FeedShape, start: datetime, end: datetime, file_format: FileFormat, *, is_history: bool
) -> str:
    """Name the file of a feed that covers [start, end)."""
    folder = "history/" if is_history else ""
    window = f"{start:%Y%m%dT%H%MZ}_{end:%Y%m%dT%H%MZ}"
    return f"landing/{SOURCE}/{feed.name}/{folder}{feed.name}_{window}.{file_format}"
