"""Declare what a check of a file finds, as plain data for a terminal, a page and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from features.tryout.repeats import Repeats
from features.tryout.spreads import AmountSpread, LabelMonth


@dataclass(frozen=True, slots=True)
class Example:
    """A rejected row: its number, its line where the format has lines, and its masked value."""

    row: int
    line: int | None
    value: str


@dataclass(slots=True)
class Rejection:
    """The rows that one column rejected for one reason.

    Attributes:
        reason: the code, as ingest stores it.
        column: the canonical column; None where the row as a whole is wrong.
        delivered: the delivered names of the column.
        sentence: the explanation of the code.
        rows: number of rejected rows.
        examples: at most five, masked.
        remedy: the nearest option of the description that would accept the rows, or None.
    """

    reason: str
    column: str | None
    delivered: str
    sentence: str
    rows: int = 0
    examples: list[Example] = field(default_factory=list)
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class Join:
    """The rows that find their key in another file.

    Attributes:
        feed: the feed of the other file.
        files: their number.
        key: the canonical column that joins them.
        rows: rows of the checked file.
        matched: rows with a key of the other file.
        keys: different keys of the other file.
        unused: keys without a row in the checked file.
        rejected: rows of the other file that its own feed rejects.
    """

    feed: str
    files: int
    key: str
    rows: int
    matched: int
    keys: int
    unused: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Fill:
    """How many accepted rows have a value in a column, and where it comes from."""

    column: str
    delivered: str
    filled: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedCheck:
    """The result of a check of one file against one feed.

    Attributes:
        source: the name of the description.
        feed: the name of the feed.
        folder: of the feed's files in the landing area.
        file: the file's name, masked.
        hold: why ingest would hold the file, or None.
        rows: of the file.
        rejections: by reason and column, the most frequent first.
        repeats: rows that repeat a key.
        notes: notes that ingest would keep with the delivery, and hints.
        fills: of each canonical column.
        days: rows by UTC day.
        at_midnight: rows whose time is midnight in UTC.
        amounts: by currency.
        labels: by month of the event.
        label_name: what the labels say.
        joins: with other files.
        decide_from: earlier rows are history; None if the description does not say.
        before_decide_from: rows before `decide_from`; None without it.
    """

    source: str
    feed: str
    folder: str
    file: str
    hold: str | None
    rows: int
    rejections: tuple[Rejection, ...] = ()
    repeats: Repeats = field(default_factory=Repeats)
    notes: tuple[str, ...] = ()
    fills: tuple[Fill, ...] = ()
    days: Mapping[date, int] = field(default_factory=dict)
    at_midnight: int = 0
    amounts: tuple[AmountSpread, ...] = ()
    labels: tuple[LabelMonth, ...] = ()
    label_name: str = ""
    joins: tuple[Join, ...] = ()
    decide_from: date | None = None
    before_decide_from: int | None = None

    @property
    def is_admitted(self) -> bool:
        """Whether ingest would admit the file."""
        return self.hold is None

    @property
    def rejected(self) -> int:
        """The rejected rows, contradictions included."""
        return sum(rejection.rows for rejection in self.rejections)

    @property
    def accepted(self) -> int:
        """The rows that ingest would keep: neither rejected nor duplicates."""
        return self.rows - self.rejected - self.repeats.duplicates
