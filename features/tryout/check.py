"""Check a whole file by the reading code of ingest, and write nothing.

The stages of ingest before Postgres give the verdicts; this module counts. Memory holds one chunk
and 24 bytes per row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from features.feeds import Column, ColumnKind
from features.feeds.columns import MONEY
from features.ingest import refusals, whole_file
from features.ingest.checks import Rules
from features.ingest.chunks import Chunk, Header
from features.ingest.hold_remedies import reason_of, taught
from features.ingest.limits import DEFAULT, Limits
from features.ingest.opening import opened
from features.ingest.parse import check_lines, prepared
from features.ingest.reasons import HeldError, HoldReason, RowReason
from features.ingest.spool import spooled
from features.ingest.whole_file import Tally
from features.platform import progress
from features.platform.card_numbers import mask_name
from features.platform.errors import ConfigurationError
from features.sources.descriptions import Sources
from features.sources.mapping import SourceFeed
from features.tryout.findings import FeedCheck, Fill
from features.tryout.hashes import hashed
from features.tryout.masking import visible
from features.tryout.rejections import RejectionCounter, delivered_names
from features.tryout.repeats import RepeatCounter
from features.tryout.spreads import Amounts, Days, Labels, flags_of, instants_of, months_of

#: Takes the accepted rows of each chunk.
Observer = Callable[[pa.Table], None]


@dataclass(frozen=True, slots=True)
class Place:
    """A file on this machine, and the name that ingest would see."""

    path: Path

    @property
    def shown(self) -> str:
        """The name as a report may show it."""
        return visible(mask_name(self.path.name))


@contextmanager
def reading(
    place: Place, rules: Rules, header: Header, tally: Tally
) -> Iterator[Iterator[tuple[Chunk, pa.Table, pa.Table]]]:
    """Yield the chunks of a file, each with its accepted and its rejected rows.

    Raises:
        HeldError: ingest would hold the file.
    """
    with (
        place.path.open("rb") as source,
        spooled(source, rules.limits) as spool,
        opened(place.path.name, spool, rules) as file,
    ):
        pass_over = file.read(rules, header)
        latest: list[Chunk] = []

        def watched() -> Iterator[Chunk]:
            for chunk in pass_over.chunks:
                latest[:] = [chunk]
                yield chunk

        def judged() -> Iterator[tuple[Chunk, pa.Table, pa.Table]]:
            for typed, rejected in prepared(watched(), rules, header, tally):
                yield latest[0], typed, rejected
            check_lines(pass_over.lines)

        yield judged()


def check_file(
    place: Place,
    sources: Sources,
    feed: SourceFeed,
    *,
    now: datetime | None = None,
    limits: Limits = DEFAULT,
    observers: Sequence[Observer] = (),
) -> FeedCheck:
    """Check a file against one feed of a description.

    Args:
        place: the file.
        sources: the description.
        feed: the feed of the description that the file belongs to.
        now: a later event is impossible; default: the clock.
        limits: as those of ingest.
        observers: take the accepted rows too.

    Raises:
        ConfigurationError: the file cannot be read from this machine.
    """
    now = now or datetime.now(UTC)
    rules = Rules(feed, sources.provenance_rank, now, limits, place.path.name)
    counters = _Counters(sources, rules)
    header, tally = Header(), Tally()
    hold: str | None = None
    try:
        with reading(place, rules, header, tally) as chunks:
            for chunk, typed, rejected in chunks:
                counters.add(chunk, typed, rejected)
                for observe in observers:
                    observe(typed)
                progress.advance("rows", typed.num_rows + rejected.num_rows)
    except (HeldError, *refusals.OF_READING) as error:
        held = refusals.hold_of(error)
        if held is None:
            raise ConfigurationError(_unreadable(place, error)) from None
        hold = str(held)
    return counters.result(place, header, tally, hold)


def _unreadable(place: Place, error: BaseException) -> str:
    cause = error.strerror if isinstance(error, OSError) else type(error).__name__
    return f"{place.shown} cannot be read: {cause}; check the path and the disk"


class _Counters:
    """All counts of one file."""

    def __init__(self, sources: Sources, rules: Rules) -> None:
        feed = rules.feed.declaration
        self.sources, self.rules, self.feed = sources, rules, rules.feed
        columns = rules.columns
        targets = tuple(column.target for column in columns)
        self.rejections = RejectionCounter(rules.feed)
        self.repeats = RepeatCounter(feed.key, targets)
        self.days, self.amounts, self.labels = Days(), Amounts(), Labels()
        self.filled = dict.fromkeys(targets, 0)
        self.rows = self.before = 0
        self.event = feed.event
        self.money = next((column for column in columns if column.kind in MONEY), None)
        self.currency = feed.column_of(ColumnKind.CURRENCY)
        self.label = _label_of(rules.feed)
        self.persons = Persons(feed.column(feed.person).target) if feed.person else None

    def add(self, chunk: Chunk, typed: pa.Table, rejected: pa.Table) -> None:
        """Take one chunk."""
        self.rejections.add(chunk, rejected)
        self.rows += typed.num_rows
        if not typed.num_rows:
            return
        self.repeats.add(typed)
        for target in self.filled:
            self.filled[target] += typed.num_rows - typed.column(target).null_count
        months = np.zeros(typed.num_rows, np.int64)
        if self.event:
            times = typed.column(self.event.target)
            self.days.add(times)
            months = months_of(times)
            self.before += self._before(times)
        if self.money and self.currency:
            flat = typed.combine_chunks()
            self.amounts.add(
                flat.column(self.money.target).combine_chunks(),
                flat.column(self.currency.target).combine_chunks(),
            )
        if self.label is not None:
            self.labels.add(months, flags_of(typed.column(self.label.target).combine_chunks()))
        if self.persons:
            self.persons.add(typed)

    def _before(self, times: pa.ChunkedArray) -> int:
        decide_from = self.sources.decide_from
        if decide_from is None:
            return 0
        micro = int(decide_from.timestamp() * 1_000_000)
        return int((instants_of(times) < micro).sum())

    def result(self, place: Place, header: Header, tally: Tally, hold: str | None) -> FeedCheck:
        """Return all counts, and the verdict of ingest on the whole file."""
        repeats = self.repeats.result()
        self.rejections.add_conflicts(repeats)
        rejections = self.rejections.result()
        days = self.days.by_day()
        conflicts = repeats.conflicts
        if conflicts:
            tally.reasons[RowReason.CONFLICTING_CONTENT] += conflicts
            tally.rejected_lines += conflicts
        hold = hold or (
            whole_file.too_many_bad(tally, self.feed)
            or whole_file.too_many_days(len(days), self.rules)
            or whole_file.same_applicant(self.persons.most() if self.persons else 0, self.rules)
        )
        if hold and reason_of(hold) is not HoldReason.TOO_MANY_BAD_ROWS:
            hold = taught(hold)  # a file with bad rows has the key at each of their reasons
        notes = [*header.notes, *whole_file.notes(tally, self.feed)]
        decide_from = self.sources.decide_from if self.event else None
        return FeedCheck(
            source=self.sources.name,
            feed=self.feed.name,
            folder=self.feed.folder,
            file=place.shown,
            hold=hold,
            rows=tally.rows,
            rejections=rejections,
            repeats=repeats,
            notes=tuple(notes),
            fills=self._fills(),
            days=days,
            at_midnight=self.days.at_midnight,
            amounts=tuple(self.amounts.by_currency()),
            labels=tuple(self.labels.by_month()) if self.label and self.event else (),
            label_name=self.label.name if self.label else "",
            decide_from=decide_from.date() if decide_from else None,
            before_decide_from=self.before if decide_from else None,
        )

    def _fills(self) -> tuple[Fill, ...]:
        return tuple(
            Fill(
                column.name,
                ", ".join(delivered_names(self.feed, column)),
                self.filled[column.target],
                self.rows,
            )
            for column in self.rules.columns
        )


class Persons:
    """Counts the rows of each person, to find a placeholder."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._parts: list[np.ndarray] = []

    def add(self, typed: pa.Table) -> None:
        """Take the rows of a chunk."""
        self._parts.append(hashed(typed.column(self._target)))

    def most(self) -> int:
        """Return the number of rows of the most frequent person."""
        if not self._parts:
            return 0
        _, counts = np.unique(np.concatenate(self._parts), return_counts=True)
        return int(counts.max())


def _label_of(feed: SourceFeed) -> Column | None:
    """Return the column of flags that is the label of the rows, or None."""
    declared = feed.declaration
    if declared.inline_labels and feed.inline_label:
        return declared.inline_labels.column
    return None
