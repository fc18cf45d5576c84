"""The data of the demo: synthetic card traffic, or the file of the Fraud Detection Handbook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from infra.local.deliver import file_name
from infra.local.state import StackError, State

HOUR = timedelta(hours=1)
HISTORY = timedelta(days=45)
LIVE_BEFORE_NOW = timedelta(hours=3)
LIVE_AFTER_NOW = timedelta(days=2)  # the demo stays alive: files go on arriving, hour by hour
CUSTOMERS = 1_200
HANDBOOK_HISTORY_END = datetime(2018, 8, 14, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sample:
    """Sample data that lies ready.

    Args:
        live_from: first instant that is decided; what is before it is history.
        live_until: first instant after the last file.
        rows: transactions, history included.
    """

    live_from: datetime
    live_until: datetime
    rows: int

    def windows(self, now: datetime) -> list[tuple[datetime, datetime]]:
        """Return the hours that have data and are over."""
        end = min(self.live_until, now.replace(minute=0, second=0, microsecond=0))
        hours = int((end - self.live_from) / HOUR)
        return [(self.live_from + n * HOUR, self.live_from + (n + 1) * HOUR) for n in range(hours)]


def outbox(state: State) -> Path:
    """Return the folder where files wait for their time."""
    return state.folder / "outbox"


def prepare(state: State, data: Path | None) -> Sample:
    """Return this stack's sample data; make it at the first call, and remember its clock.

    Raises:
        StackError: the benchmark's file is needed and was not named, or is not it.
    """
    if stored := state.read("sample.json", {}):
        return Sample(
            datetime.fromisoformat(stored["live_from"]),
            datetime.fromisoformat(stored["live_until"]),
            stored["rows"],
        )
    made = _handbook(state, data) if state.source == "fraud_handbook" else _synthetic(state)
    state.write(
        "sample.json",
        {
            "live_from": made.live_from.isoformat(),
            "live_until": made.live_until.isoformat(),
            "rows": made.rows,
        },
    )
    return made


def _synthetic(state: State) -> Sample:
    from features.objects import FolderStore
    from features.synthesize import Plan, synthesize

    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    plan = Plan(
        seed=20261121,
        customers=CUSTOMERS,
        start=hour - LIVE_BEFORE_NOW - HISTORY,
        end=hour + LIVE_AFTER_NOW,
        live_from=hour - LIVE_BEFORE_NOW,
        late=0.01,
        duplicates=0.005,
        bad=0.005,
    )
    counts = synthesize(plan, FolderStore(outbox(state)))
    return Sample(plan.live_from, plan.end, counts.rows)


def _handbook(state: State, data: Path | None) -> Sample:
    """Cut the benchmark's file into history and the hours of its last day; no value is changed."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    if data is None:
        raise StackError("name the benchmark's file: make demo SOURCE=fraud_handbook DATA=<file>")
    try:
        table = pq.read_table(data)
        times = table["TX_DATETIME"]
    except (OSError, pa.ArrowInvalid, KeyError) as error:
        raise StackError(f"{data} is not the handbook's Parquet file: {error}") from error
    folder = outbox(state) / "landing" / "fraud_handbook" / "transactions"
    (folder / "history").mkdir(parents=True, exist_ok=True)

    def part(start: datetime, end: datetime, target: Path) -> int:
        low, high = (pa.scalar(t.replace(tzinfo=None), times.type) for t in (start, end))
        rows = table.filter(pc.and_(pc.greater_equal(times, low), pc.less(times, high)))
        if rows.num_rows:
            pq.write_table(rows, target / file_name("transactions", start, end, "parquet"))
        return int(rows.num_rows)

    first, last = (bound.replace(tzinfo=UTC) for bound in _bounds(times))
    if not first < HANDBOOK_HISTORY_END <= last:
        raise StackError(f"{data} ends before {HANDBOOK_HISTORY_END:%Y-%m-%d}, the day to decide")
    rows = part(first, HANDBOOK_HISTORY_END, folder / "history")
    for hour in range(24):
        start = HANDBOOK_HISTORY_END + hour * HOUR
        rows += part(start, start + HOUR, folder)
    return Sample(HANDBOOK_HISTORY_END, HANDBOOK_HISTORY_END + 24 * HOUR, rows)


def _bounds(times: object) -> tuple[datetime, datetime]:
    import pyarrow.compute as pc

    found = pc.min_max(times).as_py()
    return found["min"], found["max"]
