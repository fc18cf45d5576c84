"""Define the plan of the generator: every parameter in one frozen value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from features.platform.errors import ConfigurationError

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class FileFormat(StrEnum):
    """The file formats of a feed; the value is the file's suffix."""

    CSV = "csv"
    CSV_GZ = "csv.gz"
    JSONL = "jsonl"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class FileWindow:
    """The half-open interval that one file covers.

    Args:
        start: start, UTC.
        end: end, UTC, exclusive.
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
        seed: the same seed and other values give the same bytes.
        customers: number of card holders.
        start: start, UTC, on the hour.
        end: end, UTC, exclusive, on the hour.
        live_from: earlier rows are history; on the hour, within [start, end].
        rate: mean number of transactions per customer and day.
        fraud_rate: target share of fraudulent transactions.
        late: share of rows delivered later than in the file of their hour.
        duplicates: share of rows delivered once more in a later file.
        bad: added bad rows, as a share of the good rows.
        dirty_history: apply these three shares to history files too.
        skew: one percent of customers and of merchants make about 30 % of the rows.
        file_format: format of every file of every feed.
        history_days: days that one history file covers.
        hourly_from: from here on a live file covers an hour, before it a day, as after a pause; on
            the hour, not before `live_from`; None means `live_from`.
        credit_history: mean number of loan applications before `live_from`; 0 for none.
        credit_years: years between the first loan application and `start`.
        applications_per_day: mean number of loan applications per day from `live_from` on.
        sellers: merchants that deliver their sales; 0 for none.
        shopper_share: share of the card holders that shop at each of these merchants.
        sales_days: days of sales before `start`; card transactions do not reach back so far.
        stores: merchants that deliver their sales and their stock; 0 for none.
        store_products: products of each of these merchants.

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
    sellers: int = 0
    shopper_share: float = 0.8
    sales_days: int = 320
    stores: int = 0
    store_products: int = 120

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
            raise ConfigurationError("start is before 1980; such cards did not exist")
        self._check_numbers()

    def _check_numbers(self) -> None:
        if self.seed < 0 or self.customers < 1 or self.history_days < 1:
            raise ConfigurationError("seed >= 0, customers >= 1, history_days >= 1 must hold")
        if not 0 < self.rate <= 10_000 or not 0 <= self.fraud_rate <= 0.2:
            raise ConfigurationError("0 < rate <= 10000 and 0 <= fraud_rate <= 0.2 must hold")
        if min(self.credit_history, self.applications_per_day) < 0 or self.credit_years < 1:
            raise ConfigurationError(
                "credit_history >= 0, applications_per_day >= 0, credit_years >= 1 must hold"
            )
        if min(self.sellers, self.sales_days) < 0 or not 0 < self.shopper_share <= 1:
            raise ConfigurationError(
                "sellers >= 0, sales_days >= 0, 0 < shopper_share <= 1 must hold"
            )
        if self.stores < 0 or not 1 <= self.store_products <= 100_000:
            raise ConfigurationError("stores >= 0, 1 <= store_products <= 100000 must hold")
        shares = {"late": self.late, "duplicates": self.duplicates, "bad": self.bad}
        for name, value in shares.items():
            if not 0 <= value <= 0.5:
                raise ConfigurationError(f"{name} is {value}; a share lies within [0, 0.5]")

    @property
    def rows_per_day(self) -> float:
        """The mean number of transactions of all customers per day."""
        return self.customers * self.rate

    @property
    def credit_start(self) -> datetime:
        """The time of the first loan application; it is early because loans last for years."""
        return self.start - self.credit_years * 365 * DAY

    @property
    def sales_start(self) -> datetime:
        """The midnight of the first sales; a value of customers needs more days than a fraud."""
        return self.start.replace(hour=0) - self.sales_days * DAY

    @property
    def first_hour(self) -> datetime:
        """The start of the live files that cover an hour."""
        return self.hourly_from or self.live_from

    def windows(self) -> list[FileWindow]:
        """Return the windows of the transaction files: history, live days, then live hours."""
        history = list(tile(self.start, self.live_from, self.history_days * DAY))
        live = [
            *tile(self.live_from, self.first_hour, DAY),
            *tile(self.first_hour, self.end, HOUR),
        ]
        return [
            FileWindow(start, end, is_history, index, len(part) - 1)
            for part, is_history in ((history, True), (live, False))
            for index, (start, end) in enumerate(part)
        ]


def tile(start: datetime, end: datetime, length: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """Cut [start, end) at whole multiples of `length` after the start's midnight."""
    cut = start.replace(hour=0, minute=0, second=0, microsecond=0)
    while cut < end:
        following = cut + length
        if following > start:
            yield max(cut, start), min(following, end)
        cut = following
