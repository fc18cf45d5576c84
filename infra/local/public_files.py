"""Public files as a bank's deliveries: cut by time into history and what is decided.

No value is changed: rows are told apart by their own clock, and every column stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from infra.local.deliver import file_name
from infra.local.state import StackError

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class PublicFile:
    """How a public file becomes deliveries.

    Args:
        title: what people call it.
        feed: whose files its rows are.
        clock: the column of when they happened; UTC, without a zone.
        live_from: first instant that is decided; what is before it is history.
        live_until: first instant that is left out.
        step: length of time that one live file covers.
        learns_from_later: outcomes of after `live_from` may train the model.
    """

    title: str
    feed: str
    clock: str
    live_from: datetime
    live_until: datetime
    step: timedelta
    learns_from_later: bool = False


FILES = {
    "fraud_handbook": PublicFile(
        "the handbook's Parquet file",
        "transactions",
        "TX_DATETIME",
        datetime(2018, 8, 14, tzinfo=UTC),
        datetime(2018, 8, 15, tzinfo=UTC),
        timedelta(hours=1),
    ),
    # its dates are months: the loans of the last one bear the date of its first day
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


def cut(file: PublicFile, data: Path | None, outbox: Path, source: str) -> int:
    """Write a file's rows into an outbox: one history file, one per live step; return how many.

    Raises:
        StackError: the file was not named, is another one, or ends too early.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    if data is None:
        raise StackError(f"name {file.title}: make demo SOURCE={source} DATA=<file>")
    try:
        table = pq.read_table(data)
        times = table[file.clock].cast(pa.timestamp("us"))
    except (OSError, pa.ArrowInvalid, pa.ArrowNotImplementedError, KeyError) as error:
        raise StackError(f"{data} is not {file.title}: {error}") from error
    first, last = (bound.replace(tzinfo=UTC) for bound in pc.min_max(times).as_py().values())
    if not first < file.live_from <= last:
        raise StackError(f"{data} ends before {file.live_from:%Y-%m-%d}, the day to decide")
    folder = outbox / "landing" / source / file.feed
    (folder / "history").mkdir(parents=True, exist_ok=True)
    rows = _part(table, times, (first, file.live_from), folder / "history", file.feed)
    start = file.live_from
    while start < file.live_until:
        rows += _part(table, times, (start, start + file.step), folder, file.feed)
        start += file.step
    return rows


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
