"""Draw books of a lender to test laws on: card transactions, applications, and verdicts on both."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from tests.builders import (
    NOON,
    a_label,
    a_transaction,
    an_application,
    an_outcome,
    insert_applications,
    insert_facts,
    insert_labels,
    insert_outcomes,
    insert_sales,
    insert_transactions,
)
from tests.stock_builders import insert_stock

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
INSTANT = timedelta(microseconds=1)
#: The moments at which the five live rounds become known; earlier knowledge is loaded as history.
ROUNDS = tuple(NOON - (8 - 2 * place) * DAY for place in range(5))

Row = dict[str, Any]
Key = tuple[str, int]
#: The admission function of each feed, in their order within a round.
FEEDS: dict[str, Callable[[Any, Sequence[Row]], int]] = {
    "merchants": lambda db, rows: insert_facts(db, "merchants", rows),
    "products": lambda db, rows: insert_facts(db, "products", rows),
    **{
        feed: lambda db, rows, feed=feed: insert_stock(db, feed, rows)  # type: ignore[misc]
        for feed in ("promotions", "purchase_orders", "stock_movements", "stock_levels")
    },
    "sales": insert_sales,
    "transactions": insert_transactions,
    "labels": insert_labels,
    "applications": insert_applications,
    "outcomes": insert_outcomes,
}


class Event(NamedTuple):
    """Hold one row version of a feed."""

    feed: str
    row: Row


@dataclass(frozen=True)
class Book:
    """Hold every row version of a lender or of shops; `known_at` is the order of knowledge."""

    events: tuple[Event, ...]

    def of(self, feed: str) -> list[Row]:
        """Return the rows of a feed."""
        return [event.row for event in self.events if event.feed == feed]

    def keys(self, chosen: Callable[[Row], bool] = bool) -> set[Key]:
        """Return the keys of the selected applications, or of all."""
        return {(r["application_id"], r["version"]) for r in self.of("applications") if chosen(r)}

    def plus(self, feed: str, rows: Sequence[Row]) -> Book:
        """Return the book with rows added."""
        return replace(self, events=(*self.events, *(Event(feed, row) for row in rows)))

    def known_by(self, moment: datetime) -> Book:
        """Return the part of the book that was known at a moment."""
        return Book(tuple(event for event in self.events if event.row["known_at"] <= moment))

    def shuffled(self, seed: int) -> Book:
        """Return the book with its rows in another order."""
        return Book(tuple(random.Random(seed).sample(self.events, len(self.events))))  # noqa: S311

    def rounds(self) -> Iterator[list[tuple[str, list[Row]]]]:
        """Yield the deliveries of the history, and then of each live round."""
        bounds = (datetime.min.replace(tzinfo=UTC), *ROUNDS, datetime.max.replace(tzinfo=UTC))
        for start, end in pairwise(bounds):
            rows = {
                feed: [row for row in self.of(feed) if start <= row["known_at"] < end]
                for feed in FEEDS
            }
            yield [(feed, feed_rows) for feed, feed_rows in rows.items() if feed_rows]


def a_book(seed: int) -> Book:
    """Draw a book of three customers with few entities and few instants, so that rows meet.

    Half of the transactions lie within the windows of some application. A fifth of the live rows
    are corrected later, some to another customer. Frauds and outcomes are reported at any time, and
    some are revoked.
    """
    draw = random.Random(seed)  # noqa: S311 - a draw, not a secret
    book = Book(())
    for n in range(160):
        at = NOON - timedelta(minutes=30 * draw.randrange(1, 120 * 48))
        book = book.plus("transactions", _versions(draw, _transaction(draw, f"t{n}", at), at))
    for n in range(36):
        at = NOON - timedelta(hours=6 * draw.randrange(1, 60 * 4))
        book = book.plus("applications", _versions(draw, _application(draw, f"a{n}", at), at))
    for name, at in _first_known(book, "transactions", "transaction_id", draw, 50):
        verdicts = draw.choice([[True], [True, False], [False, True], [True, True]])
        book = book.plus("labels", _verdict_versions(draw, a_label, name, at, "is_fraud", verdicts))
    for name, at in _first_known(book, "applications", "application_id", draw, 24):
        outcomes = draw.choice([["charged_off"], ["late", "fully_paid"], ["current"]])
        book = book.plus(
            "outcomes", _verdict_versions(draw, an_outcome, name, at, "outcome", outcomes)
        )
    return book


def _transaction(draw: random.Random, name: str, at: datetime) -> Row:
    return a_transaction(
        transaction_id=name,
        occurred_at=at,
        customer_id=draw.choice(["c1", "c2", "c3"]),
        amount_minor=draw.randrange(100, 9_000),
        amount_base_minor=draw.choice([None, *range(100, 9_000, 700)]),
    )


def _application(draw: random.Random, name: str, at: datetime) -> Row:
    return an_application(
        application_id=name,
        applied_at=at,
        customer_id=draw.choice(["c1", "c2", "c3"]),
        requested_amount_minor=draw.randrange(100_000, 2_000_000),
    )


def round_after(moment: datetime) -> datetime | None:
    """Return the moment at which an event becomes known live, or None if it is history."""
    if moment < ROUNDS[0] - 2 * DAY:
        return None
    return next((known_at for known_at in ROUNDS if known_at > moment), NOON + INSTANT)


def _versions(draw: random.Random, row: Row, at: datetime) -> list[Row]:
    """Return a row as it became known, and perhaps its correction."""
    known_at = round_after(at) or at + 5 * MINUTE
    versions = [row | {"known_at": known_at, "is_history": known_at < ROUNDS[0]}]
    later = [moment for moment in ROUNDS if moment > known_at]
    if later and draw.randrange(5) == 0:
        changed = {"customer_id": draw.choice(["c1", "c2", "c3"]), "version": 2}
        versions.append(row | changed | {"known_at": draw.choice(later), "is_history": False})
    return versions


def _first_known(
    book: Book, feed: str, name: str, draw: random.Random, count: int
) -> list[tuple[str, datetime]]:
    first = {row[name]: row["known_at"] for row in book.of(feed) if row["version"] == 1}
    return draw.sample(sorted(first.items()), count)


def _verdict_versions(
    draw: random.Random,
    make: Callable[..., Row],
    name: str,
    first: datetime,
    column: str,
    verdicts: Sequence[Any],
) -> list[Row]:
    """Return the verdicts on one row, each version known later than the version before."""
    moments = sorted(first + draw.randrange(1, 60 * 24) * 60 * MINUTE for _ in verdicts)
    live = [moment if moment < ROUNDS[0] else round_after(moment) for moment in moments]
    return [
        make(name, known_at + number * INSTANT, **{column: verdict, "version": number + 1})
        for number, (known_at, verdict) in enumerate(zip(live, verdicts, strict=True))
        if known_at is not None and known_at < NOON + INSTANT
    ]
