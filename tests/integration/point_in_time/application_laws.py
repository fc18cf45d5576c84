"""Define the laws that features of loan applications keep on any book of a lender.

As in `laws`, a law that expects no change also names the rows that must change.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from tests.builders import a_label, a_transaction, an_application, an_outcome
from tests.integration.point_in_time.books import DAY, INSTANT, ROUNDS, Book, Key, Row
from tests.integration.point_in_time.laws import Built, Moved, moved

CUSTOMERS = ("c1", "c2", "c3")


class Features(Protocol):
    """Build a book in a fresh warehouse, and again after each of the named rounds."""

    def __call__(self, book: Book, build_after: Collection[int] = ()) -> dict[Key, Built]: ...


def moved_by_later_events(features: Features, book: Book, place: int = 2) -> Moved:
    """No event after an application enters its features, not even by a microsecond.

    Every customer spends a fortune, is defrauded, applies again and fails at one moment: right
    after the pivot, known with that round.
    """
    known_at = ROUNDS[place]
    applied_at = sorted(
        row["applied_at"] for row in book.of("applications") if row["known_at"] == known_at
    )
    pivot = applied_at[len(applied_at) // 2]
    clean = features(book)
    poisoned = features(_poisoned(book, pivot + INSTANT, known_at))

    until = book.keys(lambda row: row["applied_at"] <= pivot)
    assert moved(clean, poisoned, clean.keys() - until), "the poison moved no row"
    return moved(clean, poisoned, until)


def moved_by_peers(features: Features, book: Book) -> Moved:
    """No event at the very instant of an application enters its features."""
    last = max(row["applied_at"] for row in book.of("applications"))
    clean = features(book)
    poisoned = features(_poisoned(book, last, ROUNDS[-1]))
    just_before = features(_poisoned(book, last - INSTANT, ROUNDS[-1]))

    assert moved(clean, just_before, clean.keys()), "the poison moved no row"
    return moved(clean, poisoned, clean.keys())


def moved_by_later_knowledge(features: Features, book: Book) -> Moved:
    """No later knowledge enters an application's features, however early the event happened.

    The later knowledge is new transactions and applications of long ago, corrections that change
    the customer of rows, frauds and failures. All become known with the last round and are admitted
    before any build.
    """
    known_at = ROUNDS[-1]
    early = known_at - 40 * DAY
    correction = {"customer_id": "c3", "version": 9, "known_at": known_at}
    transactions = [r for r in book.of("transactions") if r["version"] == 1][::4]
    loans = [r for r in book.of("applications") if r["version"] == 1][::4]
    changed = (
        _poisoned(book, early, known_at)
        .plus("transactions", [row | correction for row in transactions])
        .plus("labels", [a_label(r["transaction_id"], known_at, version=9) for r in transactions])
        .plus("outcomes", [an_outcome(r["application_id"], known_at, version=9) for r in loans])
        .plus("applications", [row | correction for row in loans])
    )
    clean = features(book)
    poisoned = features(changed)

    until = book.keys(lambda row: row["known_at"] < known_at)
    assert moved(clean, poisoned, clean.keys() - until), "the poison moved no row"
    return moved(clean, poisoned, until)


def moved_by_verdicts_reported_later(features: Features, book: Book) -> Moved:
    """Frauds and outcomes reported right after an application are not in its features.

    The application itself becomes known later, together with the verdicts.
    """
    last = max(row["applied_at"] for row in book.of("applications"))
    with_verdicts = [
        _verdicts(book, last + wait) for wait in (INSTANT, -INSTANT)
    ]  # known after the last application, and before it
    clean, late, early = (features(changed) for changed in (book, *with_verdicts))

    assert moved(clean, early, clean.keys()), "the verdicts moved no row"
    return moved(clean, late, clean.keys())


def moved_by_an_early_end(features: Features, book: Book, place: int = 2) -> Moved:
    """Features of a book that ends early equal those of the same rows in the whole book."""
    cut = book.known_by(ROUNDS[place])
    whole, short = features(book), features(cut)

    assert short.keys() == cut.keys() < whole.keys()
    return moved(short, whole, short.keys())


def moved_by_schedule_and_order(
    features: Features, book: Book, build_after: Collection[int] = (0, 2, 4), seed: int = 1
) -> Moved:
    """Features do not depend on the schedule of builds or on the order of rows in deliveries."""
    at_once = features(book)
    piecewise = features(book.shuffled(seed), build_after)

    assert piecewise.keys() == at_once.keys() == book.keys()
    return moved(at_once, piecewise, at_once.keys())


def _poisoned(book: Book, at: datetime, known_at: datetime) -> Book:
    """Return a book where every customer spends, is defrauded, applies and fails at one instant."""
    spent: list[Row] = [
        a_transaction(transaction_id=f"poison-{of}", customer_id=of, occurred_at=at,
                      amount_minor=10**9, known_at=known_at)
        for of in CUSTOMERS
    ]  # fmt: skip
    applications: list[Row] = [
        an_application(application_id=f"poison-{of}", customer_id=of, applied_at=at,
                       known_at=known_at)
        for of in CUSTOMERS
    ]  # fmt: skip
    return (
        book.plus("transactions", spent)
        .plus("labels", [a_label(row["transaction_id"], known_at) for row in spent])
        .plus("applications", applications)
        .plus("outcomes", [an_outcome(row["application_id"], known_at) for row in applications])
    )


def _verdicts(book: Book, reported_at: datetime) -> Book:
    """Return a book where every early transaction is reported as fraud and every loan failed."""
    old = reported_at - DAY
    transactions = {r["transaction_id"] for r in book.of("transactions") if r["occurred_at"] < old}
    loans = {r["application_id"] for r in book.of("applications") if r["applied_at"] < old}
    return book.plus(
        "labels", [a_label(name, reported_at, version=9) for name in sorted(transactions)]
    ).plus("outcomes", [an_outcome(name, reported_at, version=9) for name in sorted(loans)])
