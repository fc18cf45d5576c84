"""Define the laws that features of customer nights keep on any book of shops.

As in `laws`, a law that expects no change also names the rows that must change.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, time
from typing import Protocol

from tests.builders import a_sale, a_transaction
from tests.integration.point_in_time.books import DAY, INSTANT, ROUNDS, Book, Key, Row
from tests.integration.point_in_time.laws import Built, Moved, moved
from tests.integration.point_in_time.shop_books import CUSTOMERS


class Features(Protocol):
    """Build a book in a fresh warehouse, and again after each of the named rounds."""

    def __call__(self, book: Book, build_after: Collection[int] = ()) -> dict[Key, Built]: ...


def moved_by_later_events(features: Features, book: Book) -> Moved:
    """No event after the day of a night enters its features, not even by a microsecond.

    Every customer buys for a fortune at the midnight after the pivot, known with its night.
    """
    known_at = ROUNDS[3]
    midnight = datetime.combine((known_at - DAY).date(), time(), UTC)
    clean = features(book)
    poisoned = features(_poisoned(book, midnight, known_at))
    before = {key for key, row in clean.items() if _day(row) < midnight}
    its_night = features(_poisoned(book, midnight - INSTANT, known_at))

    assert moved(clean, its_night, before), "the poison moved no row"
    return moved(clean, poisoned, before)


def moved_by_later_knowledge(features: Features, book: Book) -> Moved:
    """No later knowledge enters the features of a night, however early the event happened.

    The later knowledge is sales and payments of long ago, corrections of rows, and other categories
    of products and merchants. All are admitted before any build.
    """
    known_at = ROUNDS[-1]
    change = {"customer_id": "c3", "version": 9, "known_at": known_at, "is_history": False}
    fact = {"version": 9, "category": "poison", "known_at": known_at}
    changed = _poisoned(book, known_at - 12 * DAY, known_at)
    for feed in ("sales", "transactions"):
        firsts = [row for row in book.of(feed) if row["version"] == 1][::4]
        changed = changed.plus(feed, [row | change for row in firsts])
    for feed in ("products", "merchants"):
        changed = changed.plus(feed, [row | fact for row in _newest_facts(book, feed)])
    clean, poisoned = features(book), features(changed)

    until = {key for key, row in clean.items() if _known_at(row) < known_at}
    assert moved(clean, poisoned, clean.keys() - until), "the poison moved no row"
    return moved(clean, poisoned, until)


def moved_by_an_early_end(features: Features, book: Book, place: int = 3) -> Moved:
    """Features of a book that ends early equal those of the same nights in the whole book."""
    whole, short = features(book), features(book.known_by(ROUNDS[place]))

    assert short.keys() < whole.keys()
    return moved(short, whole, short.keys())


def moved_by_schedule_and_order(features: Features, book: Book, seed: int = 1) -> Moved:
    """Features do not depend on the schedule of builds or on the order of rows in deliveries."""
    at_once = features(book)
    piecewise = features(book.shuffled(seed), (0, 2, 3))

    assert piecewise.keys() == at_once.keys()
    return moved(at_once, piecewise, at_once.keys())


def _poisoned(book: Book, at: datetime, known_at: datetime) -> Book:
    """Return a book where every customer buys for a fortune at one instant."""
    sales: list[Row] = [
        a_sale(sale_line_id=f"poison-{of}", customer_id=of, occurred_at=at, known_at=known_at,
               unit_price_minor=10**9, category="poison", channel="poison")
        for of in CUSTOMERS
    ]  # fmt: skip
    payments: list[Row] = [
        a_transaction(transaction_id=f"poison-{of}", customer_id=of, occurred_at=at,
                      known_at=known_at, amount_minor=10**9, kind="purchase")
        for of in CUSTOMERS
    ]  # fmt: skip
    return book.plus("sales", sales).plus("transactions", payments)


def _newest_facts(book: Book, feed: str) -> list[Row]:
    """Return one fact of each subject."""
    names = ("merchant_id", "product_id")
    return list({tuple(row.get(name) for name in names): row for row in book.of(feed)}.values())


def _day(row: Built) -> datetime:
    return datetime.fromisoformat(row.values["day_at"])


def _known_at(row: Built) -> datetime:
    return datetime.fromisoformat(row.values["known_at"])
