"""Synthesize a plan: history first, then each hour, with rates before and labels after."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog

from features.synthesize import references, render
from features.synthesize.calendar import epoch_ms
from features.synthesize.faults import Post
from features.synthesize.feed_shapes import CUSTOMERS, FX_RATES, LABELS, MERCHANTS, TRANSACTIONS
from features.synthesize.labels import LabelDesk
from features.synthesize.landing import Landing, Sink
from features.synthesize.lending import Lending
from features.synthesize.plan import DAY, FileWindow, Plan
from features.synthesize.rates import known_within
from features.synthesize.selling import Selling
from features.synthesize.tally import Counts
from features.synthesize.traffic import Traffic
from features.synthesize.truth import OBJECT_NAME, TruthFile

log = structlog.get_logger(__name__)

Progress = Callable[[int, int, int], None]  # files done, files in all, rows so far
_RATES_BEFORE = 3 * DAY


def synthesize(plan: Plan, sink: Sink, on_progress: Progress | None = None) -> Counts:
    """Write the landing area and the truth of a plan.

    Args:
        plan: the plan to synthesize.
        sink: the store of the files; object names begin with `landing/` and `truth/`.
        on_progress: called after each transaction file.

    Returns:
        Counts of the written rows and files.
    """
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="synthesize-") as work:
        counts = _Run(plan, sink, Path(work)).write_all(on_progress)
    log.info(
        "transactions_synthesized",
        rows=counts.rows,
        frauds=counts.fraud_rows,
        files=sum(counts.files.values()),
        seconds=round(time.perf_counter() - started, 2),
    )
    return counts


class _Run:
    def __init__(self, plan: Plan, sink: Sink, work: Path) -> None:
        self._plan = plan
        self._sink = sink
        self._counts = Counts()
        self._landing = Landing(sink, plan.file_format, work, self._counts)
        self._truth = TruthFile(work / "truth")
        self._traffic = Traffic(plan)
        self._post = Post(plan)
        self._desk = LabelDesk(plan)
        self._lending = Lending(plan, self._traffic.world, self._landing, self._counts)
        self._selling = Selling(self._traffic, self._landing, self._counts, work)

    def write_all(self, on_progress: Progress | None) -> Counts:
        """Write every file, in the order in which a bank delivers them."""
        windows = self._plan.windows()
        self._rates(self._plan.start - _RATES_BEFORE, self._plan.live_from, is_history=True)
        self._references()
        self._lending.history()
        self._selling.history()
        live_day = self._plan.live_from
        for done, window in enumerate(windows, start=1):
            if not window.is_history and window.start == live_day:
                day_end = min(_next_midnight(live_day), self._plan.end)
                self._rates(live_day, day_end, is_history=False)
            self._transactions(window)
            if window.is_history:
                self._labels(window.start, window.end, is_history=True)
            else:
                self._lending.live(window.start, window.end)
            if not window.is_history and window.end == day_end:
                self._labels(live_day, day_end, is_history=False)
                self._lending.outcomes(live_day, day_end, is_history=False)
                self._selling.live(live_day, day_end)
                live_day = day_end
            if on_progress:
                on_progress(done, len(windows), self._counts.rows)
        self._truth.close()
        self._sink.put(OBJECT_NAME, self._truth.path)
        self._selling.truth(self._sink)
        return self._closed()

    def _transactions(self, window: FileWindow) -> None:
        counts, history = self._counts, window.is_history
        with self._landing.file(
            TRANSACTIONS, window.start, window.end, is_history=history
        ) as writer:
            for chunk in self._traffic.within(window):
                self._desk.report(chunk.rows, chunk.ids, chunk.span)
                table = render.transactions(self._traffic.world, chunk.span, chunk.rows, chunk.ids)
                delivered = self._post.deliver(table, chunk.span, window)
                writer.write(delivered.now)
                self._truth.write(chunk, delivered)
                counts.add_rows(chunk.rows, is_history=history)
                counts.add_faults(delivered)
            for table in self._post.late_for(window):
                writer.write(table)

    def _labels(self, start: datetime, end: datetime, *, is_history: bool) -> None:
        known = self._desk.known_before(epoch_ms(end))
        self._counts.labels += self._landing.whole(
            LABELS, [known], (start, end), is_history=is_history
        )

    def _references(self) -> None:
        """Write what the bank knows of customers and merchants before the first transaction."""
        world, plan = self._traffic.world, self._plan
        has_history = plan.start < plan.live_from
        window = (plan.start, plan.live_from if has_history else plan.end)
        for shape, table in (
            (MERCHANTS, references.merchants(world)),
            (CUSTOMERS, references.customers(world)),
        ):
            self._landing.whole(shape, [table], window, is_history=has_history)

    def _rates(self, start: datetime, end: datetime, *, is_history: bool) -> None:
        table = known_within(self._plan.seed, epoch_ms(start), epoch_ms(end))
        self._counts.rates += self._landing.whole(
            FX_RATES, [table], (start, end), is_history=is_history
        )

    def _closed(self) -> Counts:
        self._counts.labels_later = self._desk.open_labels
        self._counts.unreported = self._desk.unreported
        self._counts.false_alarms = self._desk.false_alarms
        return self._counts


def _next_midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0) + DAY
