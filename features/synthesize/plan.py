"""What to synthesize: every choice of a run in one frozen value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from features.platform.errors import ConfigurationError

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class FileFormat(StrEnum):
    """The formats a feed may be written in; the value is the file's suffix."""

    CSV = "csv"
    CSV_GZ = "csv.gz"
    JSONL = "jsonl"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class FileWindow:
    """The half-open time that one file covers.

    Args:
        start: first instant, UTC.
        end: first instant after it, UTC.
        is_history: True before `live_from`.
        index: position among the files of its kind.
        last: position of the last file of its kind.
    """

    start: datetime
    end: datetime
    is_history: bool
    index: int
    last: int


@dataclass(frozen=True, slots=True)
class Plan:
    """One run of the generator.

    Args:
        seed: same seed and same other values, same bytes.
        customers: number of card holders.
        start: first instant, UTC, on the hour.
        end: first instant after the last, UTC, on the hour.
        live_from: rows before it are history; on the hour, within [start, end].
        rate: transactions per customer and day, in the mean.
        fraud_rate: share of fraudulent transactions aimed at.
        late: share of rows delivered in a later file than their hour's.
        duplicates: share of rows delivered once more in a later file.
        bad: bad rows added, as a share of the good ones.
        dirty_history: apply these three shares to history files too.
        skew: one percent of customers and of merchants make about 30 % of the rows.
        file_format: format of every file of every feed.
        history_days: days that one history file covers.
        hourly_from: live files cover an hour from here on and a day before, as after a pause; on
            the hour, not before `live_from`; None is `live_from`.
        credit_history: loan applications before `live_from`, in the mean; 0 for none.
        credit_years: years before `start` in which the first of them were made.
        applications_per_day: loan applications a day from `live_from` on, in the mean.

    Raises:
        ConfigurationError: values contradict each other or the calendar.
    """

    seed: int
    customers: int
    start: datetime
    end: datetime
    live_from: datetime
    rate: float = 3.0
    fraud_rate: float = 0.01
    late: float = 0.0
    duplicates: float = 0.0
    bad: float = 0.0
    dirty_history: bool = False
    skew: bool = False
    file_format: FileFormat = FileFormat.CSV
    history_days: int = 7
    hourly_from: datetime | None = None
    credit_history: int = 0
    credit_years: int = 5
    applications_per_day: float = 0.0

    def __post_init__(self) -> None:
        for name in ("start", "end", "live_from", "hourly_from"):
            moment = getattr(self, name)
            if moment is None:
                continue
            if moment.tzinfo is None:
                raise ConfigurationError(f"{name} {moment.isoformat()} has no time zone; add Z")
            object.__setattr__(self, name, moment.astimezone(UTC))
            if (moment - moment.min.replace(tzinfo=UTC)) % HOUR:
                raise ConfigurationError(f"{name} {moment.isoformat()} is not on the hour")
        if not self.start < self.end or not self.start <= self.live_from <= self.end:
            raise ConfigurationError("start < end and start <= live_from <= end must hold")
        if not self.live_from <= self.first_hour <= self.end:
            raise ConfigurationError("live_from <= hourly_from <= end must hold")
        if self.start.year < 1980:
            raise ConfigurationError("start lies before 1980; there were no such cards")
        self._check_numbers()

    def _check_numbers(self) -> None:
        if self.seed < 0 or self.customers < 1 or self.history_days < 1:
            raise ConfigurationError("seed >= 0, customers >= 1, history_days >= 1 must hold")
        if not 0 < self.rate <= 10_000 or not 0 <= self.fraud_rate <= 0.2:
            raise ConfigurationError("0 < rate <= 10000 and 0 <= fraud_rate <= 0.2 must hold")
        if min(self.credit_history, self.applications_per_day) < 0 or self.credit_years < 1:
            raise ConfigurationError("loan applications cannot be fewer than none")
        shares = {"late": self.late, "duplicates": self.duplicates, "bad": self.bad}
        for name, value in shares.items():
            if not 0 <= value <= 0.5:
                raise ConfigurationError(f"{name} is {value}; a share lies within [0, 0.5]")

    @property
    def rows_per_day(self) -> float:
        """Transactions per day of all customers, in the mean."""
        return self.customers * self.rate

    @property
    def credit_start(self) -> datetime:
        """The first instant at which somebody applied: a loan takes years to end."""
        return self.start - self.credit_years * 365 * DAY

    @property
    def first_hour(self) -> datetime:
        """The first instant from which on a live file covers an hour."""
        return self.hourly_from or self.live_from

    def windows(self) -> list[FileWindow]:
        """Return the windows of the transaction files: days, and hours from `hourly_from` on."""
        history = list(_tile(self.start, self.live_from, self.history_days * DAY))
        live = [
            *_tile(self.live_from, self.first_hour, DAY),
            *_tile(self.first_hour, self.end, HOUR),
        ]
        return [
            FileWindow(start, end, is_history, index, len(part) - 1)
            for part, is_history in ((history, True), (live, False))
            for index, (start, end) in enumerate(part)
        ]


def _tile(start: datetime, end: datetime, length: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """Cut [start, end) at whole multiples of `length` after the start's midnight."""
    cut = start.replace(hour=0, minute=0, second=0, microsecond=0)
    while cut < end:
        following = cut + length
        if following > start:
            yield max(cut, start), min(following, end)
        cut = following
