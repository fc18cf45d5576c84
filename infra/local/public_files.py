"""Cut one Parquet file by time into deliveries: history, and live files with rows to decide.

No value changes: the rows' own time column selects their file, and every column is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from features.feeds import FEEDS
from features.sources.descriptions import Sources
from features.sources.mapping import SourceFeed
from infra.local.deliver import file_name
from infra.local.state import StackError

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class PublicFile:
    """The rules that turn a public file into deliveries.

    Args:
        title: common name of the file.
        feed: the feed of its rows.
        clock: the column with the time of the event.
        live_from: first instant to decide; earlier rows are history.
        live_until: end of the live rows, exclusive; None keeps all rows.
        step: length of time that one live file covers; None makes a single file.
        learns_from_later: outcomes from after `live_from` may train the model.
        time_zone: time zone of times without one.
    """

    title: str
    feed: str
    clock: str
    live_from: datetime
    live_until: datetime | None = None
    step: timedelta | None = None
    learns_from_later: bool = False
    time_zone: str | None = "UTC"


class Cut(NamedTuple):
    """The number of rows that were cut, and the first instant after them."""

    rows: int
    live_until: datetime


#: The column of when a row happened, by feed.
CLOCKS = {name: feed.event.name for name, feed in FEEDS.items() if feed.event}
FILES = {
    "fraud_handbook": PublicFile(
        "the handbook's Parquet file",
        "transactions",
        "TX_DATETIME",
        datetime(2018, 8, 14, tzinfo=UTC),
        datetime(2018, 8, 15, tzinfo=UTC),
        timedelta(hours=1),
    ),
    # its dates are months: the loans of a month have the date of its first day
    "lending_club": PublicFile(
        "the Parquet file of LendingClub's loans",
        "applications",
        "issue_d",
        datetime(2011, 12, 1, tzinfo=UTC),
        datetime(2011, 12, 2, tzinfo=UTC),
        timedelta(days=1),
        learns_from_later=True,
    ),
}


def own_file(described: Sources) -> PublicFile:
    """Return the rules for a user's own Parquet file, from the description of its source.

    Raises:
        StackError: the description lacks the end of history, or does not determine one feed.
    """
    feeds = [described.feeds[feed] for feed in CLOCKS if feed in described.feeds]
    if described.decide_from is None:
        raise StackError(
            f"{described.name}: the demo cuts DATA into history and rows to decide: state "
            f"`decide_from` in its description; or {manual_hint(described.name)}"
        )
    if len(feeds) != 1:
        raise StackError(
            f"{described.name}: the demo takes one file of transactions or of applications, and "
            f"this source has {'both' if feeds else 'neither'}: {manual_hint(described.name)}"
        )
    return PublicFile(
        f"a Parquet file of {feeds[0].name} of {described.name}",
        feeds[0].name,
        _clock(described, feeds[0]),
        described.decide_from,
        time_zone=described.time_zone,
    )


def _clock(described: Sources, feed: SourceFeed) -> str:
    clock = CLOCKS[feed.name]
    if (name := feed.delivered_name(clock)) is None:
        raise StackError(
            f"{described.name}: the demo cuts DATA by one column of times, and {clock} of "
            f"{feed.name} has several or none: {manual_hint(described.name)}"
        )
    return name


def manual_hint(source: str) -> str:
    """Return the next step that works for every source, in one line."""
    return f"`make up SOURCE={source}` and go on with docs/own-data.md"


def cut(file: PublicFile, data: Path | None, outbox: Path, source: str) -> Cut:
    """Write a file's rows into an outbox: one history file, one per live step.

    Raises:
        StackError: the file was not named, is not the right file, or ends too early.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    if data is None:
        raise StackError(f"name {file.title}: make demo SOURCE={source} DATA=<file>")
    try:
        table = pq.read_table(data)
        times = _utc(table[file.clock], file.time_zone)
    except (OSError, pa.ArrowInvalid, pa.ArrowNotImplementedError, KeyError) as error:
        raise StackError(f"{data} is not {file.title}: {error}") from error
    bounds = [bound and bound.replace(tzinfo=UTC) for bound in pc.min_max(times).as_py().values()]
    if None in bounds or not bounds[0] < file.live_from <= bounds[1]:
        raise StackError(
            f"{data} needs rows before {file.live_from:%Y-%m-%d %H:%M} UTC, to learn from, and "
            f"rows after it, to decide; it has {' to '.join(map(str, bounds))}"
        )
    # a row without a time is delivered too; ingestion rejects it with its reason
    times = pc.fill_null(times, pa.scalar(file.live_from.replace(tzinfo=None), times.type))
    until = file.live_until or _end_of_window(bounds[1], file.feed)
    folder = outbox / "landing" / source / file.feed
    (folder / "history").mkdir(parents=True, exist_ok=True)
    rows = _part(table, times, (bounds[0], file.live_from), folder / "history", file.feed)
    start, length = file.live_from, file.step or until - file.live_from
    while start < until:
        rows += _part(table, times, (start, start + length), folder, file.feed)
        start += length
    return Cut(rows, until)


def _end_of_window(last: datetime, feed: str) -> datetime:
    start = last.replace(minute=0, second=0, microsecond=0)
    return start + timedelta(hours=1 if feed == "transactions" else 24 - start.hour)


def _utc(column: pa.ChunkedArray, time_zone: str | None) -> pa.ChunkedArray:
    """Return the times of a column in UTC, as the type without a zone."""
    import pyarrow as pa
    import pyarrow.compute as pc

    times = column
    if pa.types.is_string(times.type) or pa.types.is_large_string(times.type):
        try:
            times = times.cast(pa.timestamp("us"))
        except pa.ArrowInvalid:  # its texts carry an offset
            times = times.cast(pa.timestamp("us", "UTC"))
    elif not pa.types.is_timestamp(times.type):
        times = times.cast(pa.timestamp("us"))
    if times.type.tz is None:
        times = pc.assume_timezone(
            times, time_zone or "UTC", ambiguous="earliest", nonexistent="earliest"
        )
    return times.cast(pa.timestamp("us", "UTC"), safe=False).cast(pa.timestamp("us"))


def _part(
    table: pa.Table,
    times: pa.ChunkedArray,
    window: tuple[datetime, datetime],
    folder: Path,
    feed: str,
) -> int:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    low, high = (pa.scalar(bound.replace(tzinfo=None), times.type) for bound in window)
    rows = table.filter(pc.and_(pc.greater_equal(times, low), pc.less(times, high)))
    if rows.num_rows:
        pq.write_table(rows, folder / file_name(feed, *window, "parquet"))
    return int(rows.num_rows)
