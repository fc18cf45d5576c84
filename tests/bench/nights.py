"""Define what a night of merchants reads: its history, the files of its day, and its jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import psycopg

from tests.bench import loading
from tests.bench.traffic import DAY

#: The jobs of each kind of night in the order of their schedules, by the role of their model, or by
#: the domain of a job without one.
JOBS_BY_ROLE = {
    "customers": {"segments": "segment_customers", "value": "value_customers"},
    "demand": {"demand": "forecast_demand", "stock": "plan_stock"},
}
ROLES = tuple(role for jobs in JOBS_BY_ROLE.values() for role in jobs)
_DELIVERY_DAYS = 28
_DESCRIPTION = """
description: What the merchants of the benchmarks deliver.
time_zone: null
decide_from: {decide_from}
maturity_days: 7
provenance_rank: [chargeback]
feeds:
"""
_FEED = """
  {name}:
    formats: [csv]
    columns: {{{columns}}}
    settle_seconds: 0
    tolerated_bad_share: 0.05
"""


@dataclass(frozen=True, slots=True, eq=False)
class Feed:
    """Say how a row that is made in SQL stands in the ledger and in a file.

    Args:
        name: of the feed, and of its table in the schema `raw`.
        key: the column of the id, and the SQL of its value.
        key_columns: the columns of the file that make the id; none if the file has the id.
        event: the column of the moment.
        stored: the SQL of the other columns of the table.
        written: the SQL of the columns of the file.
    """

    name: str
    key: tuple[str, str]
    key_columns: tuple[str, ...]
    event: str
    stored: Mapping[str, str]
    written: Mapping[str, str]

    def insert(self, rows: str, delivery: object, seq: int) -> str:
        """Return the statement that adds rows to the table, each known as it happens."""
        columns = {
            self.key[0]: self.key[1],
            "version": "1",
            "content_digest": "''",
            "delivery_id": f"'{delivery}'",
            "delivery_seq": str(seq),
            "row_number": "number",
            self.event: self.event,
            "known_at": self.event,
            "is_history": "true",
        } | dict(self.stored)
        return (
            f"insert into raw.{self.name} ({', '.join(columns)}) "
            f"select {', '.join(columns.values())} from ({rows}) as made order by {self.event}"
        )

    def described(self) -> str:
        """Return the lines of the feed in the description of a source."""
        columns = [f"{name}: {name}" for name in self.written]
        if self.key_columns:
            columns.insert(0, f"{self.key[0]}: {{columns: [{', '.join(self.key_columns)}]}}")
        return _FEED.format(name=self.name, columns=", ".join(columns))


class Night(Protocol):
    """The sales of a night and its history."""

    @property
    def kind(self) -> str:
        """Return the key in `JOBS_BY_ROLE`, which is the name of the source too."""

    @property
    def history(self) -> str:
        """Return the name of the database that holds its history."""

    @property
    def history_days(self) -> int:
        """Return the whole days before the day of the night."""

    @property
    def month_ends(self) -> int:
        """Return the newest month ends whose features are built; a model learns from them."""

    @property
    def training(self) -> Night:
        """Return the night whose history the models of the kind learn from."""

    @property
    def feeds(self) -> tuple[Feed, ...]:
        """Return what is delivered, in the order of admission."""

    @property
    def most_rows(self) -> int:
        """Return the most rows of a feed and day."""

    @property
    def subjects(self) -> int:
        """Return the number of customers or series of both merchants."""

    def rows(self, feed: str, start: datetime, age: int) -> str | None:
        """Return the SQL of the rows of a day, or nothing if it has none.

        Args:
            feed: its name.
            start: of the day.
            age: days before the day of the night.
        """


def landing(night: Night, feed: Feed) -> str:
    """Return the folder of a feed in the object store."""
    return f"landing/{night.kind}/{feed.name}"


def description(night: Night, decide_from: datetime) -> str:
    """Return the description of the source."""
    feeds = "".join(feed.described() for feed in night.feeds)
    return _DESCRIPTION.format(decide_from=decide_from.isoformat()) + feeds


def add_history(
    connection: psycopg.Connection[Any], night: Night, day: datetime
) -> Iterator[list[str]]:
    """Enter the days before `day` as admitted deliveries, old ones first.

    Yields:
        the statements that add the rows of a delivery; they may run at the same time.
    """
    for oldest in range(night.history_days, 0, -_DELIVERY_DAYS):
        ages = range(oldest, max(oldest - _DELIVERY_DAYS, 0), -1)
        start, end = day - ages[0] * DAY, day - (ages[-1] - 1) * DAY
        for feed in night.feeds:
            delivery, seq = loading.admit(
                connection,
                night.kind,
                feed.name,
                len(ages) * night.most_rows,
                known_at=end,
                first=start,
                last=end - timedelta(seconds=1),
            )
            made = (night.rows(feed.name, day - age * DAY, age) for age in ages)
            yield [feed.insert(rows, delivery, seq) for rows in made if rows]


def write_day(
    connection: psycopg.Connection[Any], night: Night, day: datetime, objects: Path
) -> None:
    """Write the files of the day as a merchant delivers them: CSV with a header."""
    for feed in night.feeds:
        rows = night.rows(feed.name, day, 0)
        if rows is None:
            continue
        folder = objects / landing(night, feed)
        folder.mkdir(parents=True, exist_ok=True)
        query = f"copy (select {', '.join(feed.written.values())} from ({rows}) as made) to stdout"
        with (folder / "day.csv").open("wb") as file, connection.cursor() as cursor:
            file.write(f"{','.join(feed.written)}\n".encode())
            with cursor.copy(f"{query} (format csv)".encode()) as copy:
                for block in copy:
                    file.write(block)
