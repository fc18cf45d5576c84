"""Match files to the feeds of a source, and read the times of their rows, for the demo.

Both use the readers and checks of ingest, so every format and every key of a description counts. No
file is cut or changed: ingest separates history and rows to decide by the time of each row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from features.ingest import refusals
from features.ingest.checks import Rules
from features.ingest.chunks import Header
from features.ingest.limits import DEFAULT
from features.ingest.reasons import HeldError
from features.ingest.waiting import belongs
from features.ingest.whole_file import Tally, too_many_bad
from features.sources.descriptions import Sources
from features.sources.mapping import SourceFeed
from features.tryout.check import Place, reading
from features.tryout.fits import fit_of
from infra.local.state import StackError

Instants = npt.NDArray[np.int64]  # microseconds since 1970, UTC


@dataclass(frozen=True, slots=True)
class Portion:
    """One file of the user, and a feed that reads it.

    Args:
        path: of the file.
        name: of the file below the folder of the feed.
        feed: that reads the file; several feeds may read one file.
    """

    path: Path
    name: str
    feed: SourceFeed

    @property
    def object_name(self) -> str:
        """The name of the file in the landing area, as a load of history."""
        return f"{self.feed.history_folder}/{self.name}"


@dataclass(frozen=True, slots=True)
class Matched:
    """The files of the user that feeds of the source read, and those that no feed reads.

    Args:
        portions: files with their feeds.
        unknown: files that no feed reads, each with the reason.
    """

    portions: tuple[Portion, ...]
    unknown: tuple[str, ...]


def match(data: Path, described: Sources) -> Matched:
    """Find the feeds that read a file, or the files of a folder.

    A file in a folder with the name of a feed belongs to this feed. Any other file belongs to the
    feed that reads the most of its columns.

    Raises:
        StackError: there is no such file, or a file fits several feeds alike.
    """
    if not data.exists():
        raise StackError(f"{data} is no file and no folder")
    files = [data] if data.is_file() else sorted(path for path in data.rglob("*") if _is_data(path))
    portions: list[Portion] = []
    unknown: list[str] = []
    for file in files:
        parts = file.relative_to(data).parts if data.is_dir() else (file.name,)
        named = parts[0] if len(parts) > 1 and parts[0] in described.feeds else None
        name = "/".join(parts[1:] if named else parts)
        fits, reason = _fits(file, name, named, described)
        if not fits:
            unknown.append(f"{file}: {reason}")
        portions += [Portion(file, name, feed) for feed in fits]
    return Matched(tuple(portions), tuple(unknown))


def event_times(portions: Sequence[Portion], described: Sources) -> dict[str, Instants]:
    """Return the times of the valid rows by kind of feed, for the feeds whose rows are events.

    Raises:
        StackError: ingest would hold a file, for instance because of too many bad rows.
    """
    times: dict[str, list[Instants]] = {}
    for portion in portions:
        times.setdefault(portion.feed.name, []).extend(_times(portion, described))
    return {kind: np.sort(np.concatenate(found)) for kind, found in times.items() if found}


def _is_data(path: Path) -> bool:
    return path.is_file() and not path.name.startswith((".", "_"))


def _fits(
    file: Path, name: str, named: str | None, described: Sources
) -> tuple[list[SourceFeed], str]:
    """Return the feeds that read a file, or none with the reason of the nearest one."""
    candidates = [described.feeds[named]] if named else list(described.feeds.values())
    read: list[tuple[int, SourceFeed]] = []
    reasons: list[str] = []
    for feed in candidates:
        if not belongs(f"{feed.history_folder}/{name}", feed):
            reasons.append(f"no file of {feed.source}.{feed.name}: its name fits none of `files`")
            continue
        fit = fit_of(file, feed, described, is_history=True)
        if fit.hold:
            reasons.append(f"no file of {feed.source}.{feed.name}: {fit.hold}")
        else:
            read.append((fit.columns, feed))
    most = max((columns for columns, _ in read), default=0)
    best = [feed for columns, feed in read if columns == most]
    if len({feed.folder for feed in best}) > 1:
        names = [entry for entry, feed in described.feeds.items() if feed in best]
        raise StackError(
            f"{file} fits {' and '.join(names)} alike: put it into a folder with the name of its "
            "feed, and give the folder above as DATA"
        )
    # other feeds may read the same file: those of its folder, such as the labels of loans
    folders = {feed.folder for feed in best}
    return [feed for _, feed in read if feed.folder in folders], "; ".join(reasons)


def _times(portion: Portion, described: Sources) -> Iterator[Instants]:
    """Read a whole file; yield the times of its valid rows, chunk by chunk, if they are events."""
    import pyarrow as pa

    event = portion.feed.declaration.event
    ranks, name = described.provenance_rank, portion.path.name
    rules = Rules(portion.feed, ranks, datetime.now(UTC), DEFAULT, name)
    header, tally = Header(is_history=True), Tally()
    try:
        with reading(Place(portion.path), rules, header, tally) as chunks:
            for _, typed, _ in chunks:
                if event is not None:
                    times = typed[event.target].cast(pa.timestamp("us", "UTC"))
                    yield times.cast(pa.int64()).to_numpy()
    except (HeldError, *refusals.OF_READING) as error:
        raise StackError(f"{portion.path}: {refusals.hold_of(error) or error}") from error
    if reason := too_many_bad(tally, portion.feed):
        raise StackError(f"{portion.path} would be held: {reason}")
