"""Prepare the demo's data: a synthetic world of cards, loans and sales, or files of the user."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from features.sources.descriptions import Sources
from infra.local.own_data import Instants, Matched, event_times, match
from infra.local.spans import Window, spans, tiles
from infra.local.state import DEFAULT_SOURCE, StackError, State
from scoring.domains import JOBS
from scoring.runs.job import Job
from scoring.runs.request import LONGEST

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# forecasts of spending learn from month ends with a month before them and a month after them
HISTORY = timedelta(days=100)
# a challenger's shadow needs seven days of decided rows before a promotion
LIVE_BEFORE_NOW = timedelta(days=7)
# of payments that the first fraud model has not seen, so that a gate can compare a challenger
UNSEEN = timedelta(weeks=5)
TESTED = "score_transactions"
RATE = 1.4  # transactions of a customer and day
HOURS_BEFORE_NOW = 2 * HOUR
LIVE_AFTER_NOW = timedelta(days=2)  # files continue to arrive each hour after the demo
CUSTOMERS = 1_200
CREDIT_HISTORY = 8_000  # a third is in closed vintages, which suffices for training
APPLICATIONS_PER_DAY = 240
SELLERS = 2
SALES_DAYS = 270  # before the first card transaction: a year of sales before the first night
STORES, STORE_PRODUCTS = 1, 60  # shops that deliver their stock as well
# the last tenth of the rows is decided where the description does not say from when on
LIVE_SHARE = 0.1
# of shipped sources whose description states none; the loans of a month have its first day
DECIDE_FROM = {"lending_club": datetime(2011, 12, 1, tzinfo=UTC)}
#: The feeds of events that nightly jobs alone decide.
DAILY = ("applications", "sales")


@dataclass(frozen=True, slots=True)
class Sample:
    """Prepared sample data.

    Args:
        live_from: first instant to decide; earlier rows are history.
        live_until: first instant after the last row.
        transactions: rows, history included.
        applications: rows, history included.
        sales: lines, history included.
        stock_levels: counts of stock, history included.
        tested_from: the first fraud model learns on the knowledge of this moment; None: of
            `live_from`, like the other models.
        hourly_from: windows before it are joined, as after a pause; None joins none.
        learns_from_later: outcomes from after `live_from` train the model: all are known by now.
        is_derived: the description states no `decide_from`, so the demo chose it for the data.
    """

    live_from: datetime
    live_until: datetime
    transactions: int = 0
    applications: int = 0
    hourly_from: datetime | None = None
    learns_from_later: bool = False
    is_derived: bool = False
    sales: int = 0
    stock_levels: int = 0
    tested_from: datetime | None = None

    def hours(self, now: datetime) -> list[Window]:
        """Return the past windows of transactions: first those of a pause, then each hour."""
        return self._windows(now, HOUR, self.live_from.replace(minute=0, second=0, microsecond=0))

    def days(self, now: datetime) -> list[Window]:
        """Return the past windows of applications: first those of a pause, then each day."""
        return self._windows(now, DAY, _day(self.live_from))

    def nights(self, now: datetime) -> list[Window]:
        """Return the last day that is over; a job of nights reads the night before from its ledger.

        So a stretch of many nights would be no demonstration of such a job.
        """
        end = min(_day(now), _day(self.live_until))
        return [(end - DAY, end)] if end - DAY >= _day(self.live_from) else []

    def _windows(self, now: datetime, length: timedelta, start: datetime) -> list[Window]:
        first = min(max(self.hourly_from or start, start), now)
        first -= (first - start) % length
        return spans(start, first) + tiles(first, min(self.live_until, now), length)

    def windows(self, now: datetime) -> dict[str, list[Window]]:
        """Return the past windows by job; a job whose feed has no row is left out."""
        rows = {
            "transactions": self.transactions,
            "applications": self.applications,
            "sales": self.sales,
            "stock_levels": self.stock_levels,
        }
        return {
            job.name: self._of(job, now) for job in JOBS.values() if rows.get(job.population.feed)
        }

    def _of(self, job: Job, now: datetime) -> list[Window]:
        if job.population.nights:
            return self.nights(now)
        return self.hours(now) if job.cadence == HOUR else self.days(now)

    def training(self) -> dict[str, Any]:
        """Return the form of the first training: nothing from after `live_from` but outcomes."""
        moment = self.live_from.isoformat()
        form: dict[str, Any] = {"end": moment} if self.learns_from_later else {"as_of": moment}
        return form | ({"skip": [TESTED]} if self.tested_from else {})

    @property
    def border(self) -> str:
        """The moment that the demo chose in place of a stated `decide_from`, in words."""
        return (
            "the description states no `decide_from`: the demo decides rows from "
            f"{self.live_from.isoformat()} on, and remembers it"
        )

    @property
    def summary(self) -> str:
        """The number of rows and the start of the live data, in words."""
        counts = {
            "transactions": self.transactions,
            "loan applications": self.applications,
            "lines of sales": self.sales,
            "counts of stock": self.stock_levels,
        }
        rows = ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)
        return f"{rows}; decided from {self.live_from:%Y-%m-%d %H:%M} UTC on"


def outbox(state: State) -> Path:
    """Return the folder of the files that wait for their due time."""
    return state.folder / "outbox"


def matched(state: State, data: Path | None, described: Sources) -> Matched | None:
    """Match the user's files to the feeds of the source, before any process starts.

    Returns:
        None if the sample was prepared before, or is synthetic.

    Raises:
        StackError: files are needed and were not named, or no feed of events reads one.
    """
    if state.source == DEFAULT_SOURCE or state.read("sample.json", {}):
        return None
    hint = f"make demo SOURCE={state.source} DATA=<file or folder>; or {manual_hint(state.source)}"
    if data is None:
        raise StackError(f"name the data of {state.source}: {hint}")
    files = match(data, described)
    if not any(portion.feed.declaration.event for portion in files.portions):
        kinds = [feed.name for feed in described.feeds.values() if feed.declaration.event]
        reasons = "".join(f"\n  {line}" for line in files.unknown[:5])
        raise StackError(
            f"{data} holds no {' and no '.join(kinds) or 'events'} of {state.source}: {hint}"
            f"{reasons}"
        )
    return files


def prepare(state: State, files: Matched | None = None, described: Sources | None = None) -> Sample:
    """Return this stack's sample data; the first call makes it and stores its times.

    Raises:
        StackError: the rows leave nothing to learn from, or nothing to decide.
    """
    if stored := state.read("sample.json", {}):
        return _remembered(stored)
    if files is None or described is None:
        made = _synthetic(state)
    else:
        made = of_times(event_times(files.portions, described), described)
        for portion in files.portions:
            target = outbox(state) / portion.object_name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(portion.path, target)
    state.write("sample.json", asdict(made))
    return made


def of_times(times: Mapping[str, Instants], described: Sources) -> Sample:
    """Return the border between history and rows to decide, and the end of the rows.

    Raises:
        StackError: no rows lie on one side of the border.
    """
    if not times:
        raise StackError(f"no row of {described.name} is valid: `vesper sources check` says why")
    every = np.sort(np.concatenate(list(times.values())))
    stated = described.decide_from or DECIDE_FROM.get(described.name)
    first, last = _moment(every[0]), _moment(every[-1])
    is_daily = not times.keys().isdisjoint(DAILY)
    live_from = stated or _derived(every, is_daily=is_daily)
    if not first < live_from <= last:
        raise StackError(
            f"the data needs rows before {live_from:%Y-%m-%d %H:%M} UTC, to learn from, and rows "
            f"after it, to decide; it has {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC: "
            f"state another `decide_from` in the description of {described.name}"
        )
    until = _day(last) + DAY if is_daily else _hour(last) + HOUR
    return Sample(
        live_from,
        until,
        transactions=len(times.get("transactions", ())),
        applications=len(times.get("applications", ())),
        hourly_from=until,
        learns_from_later="applications" in times,
        is_derived=described.decide_from is None,
        sales=len(times.get("sales", ())),
        stock_levels=len(times.get("stock_levels", ())),
    )


def manual_hint(source: str) -> str:
    """Return the next step that works for every source, in one line."""
    return f"`make up SOURCE={source}` and go on with docs/bring-your-own-data.md"


def _derived(times: Instants, *, is_daily: bool) -> datetime:
    """Return the start of the hour or day in which the last tenth of the rows begins.

    It lies at most one window before the last row, because older rows teach more.
    """
    border = _moment(times[int(len(times) * (1 - LIVE_SHARE))])
    border = max(border, _moment(times[-1]) - LONGEST + DAY)
    start = _day(border) if is_daily else _hour(border)
    return start if start > _moment(times[0]) else start + (DAY if is_daily else HOUR)


def _remembered(stored: dict[str, Any]) -> Sample:
    moments = ("live_from", "live_until", "hourly_from", "tested_from")
    clock = {name: datetime.fromisoformat(stored[name]) for name in moments if stored.get(name)}
    return Sample(**stored | clock)


def _synthetic(state: State) -> Sample:
    """Make data whose last days are live, so there are past days to decide."""
    from features.platform.objects import FolderStore
    from features.synthesize import Plan, synthesize

    hour = _hour(datetime.now(UTC))
    live_from = _day(hour) - LIVE_BEFORE_NOW
    plan = Plan(
        seed=20261121,
        customers=CUSTOMERS,
        rate=RATE,
        start=live_from - HISTORY,
        end=hour + LIVE_AFTER_NOW,
        live_from=live_from,
        hourly_from=hour - HOURS_BEFORE_NOW,
        late=0.01,
        duplicates=0.005,
        bad=0.005,
        credit_history=CREDIT_HISTORY,
        applications_per_day=APPLICATIONS_PER_DAY,
        sellers=SELLERS,
        sales_days=SALES_DAYS,
        stores=STORES,
        store_products=STORE_PRODUCTS,
    )
    counts = synthesize(plan, FolderStore(outbox(state)))
    return Sample(
        live_from,
        plan.end,
        counts.rows,
        counts.applications,
        hourly_from=plan.hourly_from,
        sales=counts.sale_lines,
        stock_levels=counts.stock_levels,
        tested_from=live_from - UNSEEN,
    )


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _moment(microseconds: np.int64) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(microseconds))
