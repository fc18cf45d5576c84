"""Make the demo's data: a synthetic world of cards and loans, or a public file cut by time."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from features.sources.descriptions import Sources
from infra.local.public_files import FILES, PublicFile, cut, manual_hint, own_file
from infra.local.state import DEFAULT_SOURCE, StackError, State

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HISTORY = timedelta(days=45)
HOURS_BEFORE_NOW = 2 * HOUR
LIVE_AFTER_NOW = timedelta(days=2)  # files continue to arrive each hour after the demo
CUSTOMERS = 1_200
CREDIT_HISTORY = 8_000  # a third is in closed vintages, which suffices for training
APPLICATIONS_PER_DAY = 240
Window = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Sample:
    """Prepared sample data.

    Args:
        live_from: first instant to decide; earlier rows are history.
        live_until: first instant after the last file.
        transactions: rows, history included.
        applications: rows, history included.
        hourly_from: earlier live hours form one window, as after a pause; None: no such hours.
        learns_from_later: outcomes from after `live_from` train the model: all are known by now.
    """

    live_from: datetime
    live_until: datetime
    transactions: int = 0
    applications: int = 0
    hourly_from: datetime | None = None
    learns_from_later: bool = False

    def hours(self, now: datetime) -> list[Window]:
        """Return the past windows of transactions: first that of a pause, then each hour."""
        start = self.live_from.replace(minute=0, second=0, microsecond=0)
        first = self.hourly_from or start
        past = [(start, first)] if first > start else []
        return past + _tiles(first, min(self.live_until, now), HOUR)

    def days(self, now: datetime) -> list[Window]:
        """Return the past days with applications."""
        first = self.live_from.replace(hour=0, minute=0, second=0, microsecond=0)
        return _tiles(first, min(self.live_until, now), DAY)

    def windows(self, now: datetime) -> dict[str, list[Window]]:
        """Return the past windows by job; a job without rows has none."""
        by_job = {}
        if self.transactions:
            by_job["score_transactions"] = self.hours(now)
        if self.applications:
            by_job["score_applications"] = self.days(now)
        return by_job

    @property
    def summary(self) -> str:
        """The number of rows and the start of the live data, in words."""
        counts = {"transactions": self.transactions, "loan applications": self.applications}
        rows = ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)
        return f"{rows}; decided from {self.live_from:%Y-%m-%d %H:%M} UTC on"


def outbox(state: State) -> Path:
    """Return the folder of the files that wait for their due time."""
    return state.folder / "outbox"


def check(state: State, data: Path | None, described: Sources) -> None:
    """Check that the demo of this source has data, before any process starts.

    Raises:
        StackError: a file is needed and was not named, or cannot be cut.
    """
    if state.source == DEFAULT_SOURCE or state.read("sample.json", {}):
        return
    file = _file(state, described)
    if data is None or not data.is_file():
        request = f"{data} is no file: give" if data else "name"
        raise StackError(
            f"{request} {file.title}: make demo SOURCE={state.source} DATA=<file>; "
            f"or {manual_hint(state.source)}"
        )


def prepare(state: State, data: Path | None, described: Sources | None = None) -> Sample:
    """Return this stack's sample data; the first call makes it and stores its times.

    Raises:
        StackError: a file is needed and was not named, or is not the right file.
    """
    if stored := state.read("sample.json", {}):
        return _remembered(stored)
    if described is None or state.source == DEFAULT_SOURCE:
        made = _synthetic(state)
    else:
        made = _cut(state, data, _file(state, described))
    state.write("sample.json", asdict(made))
    return made


def _remembered(stored: dict[str, Any]) -> Sample:
    moments = ("live_from", "live_until", "hourly_from")
    clock = {name: stored[name] and datetime.fromisoformat(stored[name]) for name in moments}
    return Sample(**stored | clock)


def _synthetic(state: State) -> Sample:
    """Make data with yesterday and today live, so the nightly job has one past day to decide."""
    from features.platform.objects import FolderStore
    from features.synthesize import Plan, synthesize

    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    live_from = hour.replace(hour=0) - DAY
    plan = Plan(
        seed=20261121,
        customers=CUSTOMERS,
        start=live_from - HISTORY,
        end=hour + LIVE_AFTER_NOW,
        live_from=live_from,
        hourly_from=hour - HOURS_BEFORE_NOW,
        late=0.01,
        duplicates=0.005,
        bad=0.005,
        credit_history=CREDIT_HISTORY,
        applications_per_day=APPLICATIONS_PER_DAY,
    )
    counts = synthesize(plan, FolderStore(outbox(state)))
    return Sample(
        live_from, plan.end, counts.rows, counts.applications, hourly_from=plan.hourly_from
    )


def _file(state: State, described: Sources) -> PublicFile:
    return FILES.get(state.source) or own_file(described)


def _cut(state: State, data: Path | None, file: PublicFile) -> Sample:
    rows, live_until = cut(file, data, outbox(state), state.source)
    return Sample(
        file.live_from,
        live_until,
        transactions=rows if file.feed == "transactions" else 0,
        applications=rows if file.feed == "applications" else 0,
        learns_from_later=file.learns_from_later,
    )


def _tiles(start: datetime, end: datetime, length: timedelta) -> list[Window]:
    count = max(int((end - start) / length), 0)
    return [(start + n * length, start + (n + 1) * length) for n in range(count)]
