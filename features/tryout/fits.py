"""Read the first rows of a file as a feed would, to see whether the file belongs to the feed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.compute as pc

from features.ingest import refusals
from features.ingest.checks import Rules
from features.ingest.chunks import Header
from features.ingest.limits import DEFAULT
from features.ingest.opening import opened
from features.ingest.reasons import HeldError, HoldReason
from features.ingest.spool import spooled
from features.sources.descriptions import Sources
from features.sources.mapping import SourceFeed

_FOREIGN = (HoldReason.UNKNOWN_FORMAT, HoldReason.MISSING_COLUMN)


@dataclass(frozen=True, slots=True)
class Fit:
    """The first rows of a file, as one feed reads them.

    Args:
        columns: how many delivered columns of the feed have a value; 0 for a file without rows, and
            for a file that ingest would hold.
        hold: why ingest would hold the file; None if it reads the file.
        is_foreign: the file has another format, or lacks a column of the feed.
    """

    columns: int
    hold: str | None = None
    is_foreign: bool = False


def fit_of(path: Path, feed: SourceFeed, sources: Sources, *, is_history: bool = False) -> Fit:
    """Return how well a file fits a feed.

    Args:
        path: of the file.
        feed: of the description.
        sources: the description.
        is_history: whether the file is a first load, which may need a column that live files lack.
    """
    rules = Rules(feed, sources.provenance_rank, datetime.now(UTC), DEFAULT, path.name)
    header = Header(is_history=is_history)
    try:
        with (
            path.open("rb") as source,
            spooled(source, rules.limits) as spool,
            opened(path.name, spool, rules) as file,
        ):
            chunk = next(iter(file.read(rules, header).chunks), None)
    except (HeldError, *refusals.OF_READING) as error:
        is_foreign = isinstance(error, HeldError) and error.reason in _FOREIGN
        return Fit(0, str(refusals.hold_of(error) or error), is_foreign)
    if chunk is None:
        return Fit(0)
    return Fit(sum(pc.count(column).as_py() > 0 for column in chunk.columns.values()) or 1)
