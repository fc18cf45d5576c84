"""Define the laws that features keep on any ledger, for the tests and for the planted leaks.

Each law takes `features`, which admits a ledger to a fresh warehouse, builds it, and returns every
feature row with its digest. A law returns the columns that moved without permission, each with its
rows; the result is empty if the law holds. A law that expects no change also names rows that must
change, because a poison without any effect would prove no law.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import Any, Protocol

from tests.integration.point_in_time.ledgers import (
    DAY,
    HOUR,
    INSTANT,
    MINUTE,
    Key,
    Ledger,
    absurd,
    frauds,
    one_per_transaction,
)

LABEL_MATURITY = 7 * DAY
#: The columns that moved, each with the rows in which it moved.
Moved = dict[str, list[Key]]


@dataclass(frozen=True)
class Built:
    """Hold one feature row: the digest that decisions carry, and the values behind it."""

    digest: bytes
    values: Mapping[str, Any]

    def columns(self) -> dict[str, Any]:
        """Return all compared values by name."""
        return {"digest": self.digest, **self.values}


class Features(Protocol):
    """Build a ledger in a fresh warehouse, and again after each of the named deliveries."""

    def __call__(self, ledger: Ledger, build_after: Collection[int] = ()) -> dict[Key, Built]: ...


def moved(rows: Mapping[Key, Built], compared: Mapping[Key, Built], keys: Collection[Key]) -> Moved:
    """Compare each row of the first set with the same row of the second, to the last bit."""
    assert keys, "there is no row to compare"
    moved_columns: Moved = {}
    for key in sorted(keys):
        compared_values = compared[key].columns()
        for name, value in rows[key].columns().items():
            if value != compared_values[name]:
                moved_columns.setdefault(name, []).append(key)
    return moved_columns


def moved_by_later_rows(features: Features, ledger: Ledger, place: int = 3) -> Moved:
    """No event after a row enters its features, not even a microsecond after it."""
    delivery = ledger.deliveries[place]
    pivot = sorted(row["occurred_at"] for row in delivery)[len(delivery) // 2]
    customers = {row["customer_id"]: row for row in delivery if row["occurred_at"] <= pivot}
    poison = absurd(
        [
            row | {"occurred_at": pivot + wait}
            for wait in (INSTANT, MINUTE, HOUR)
            for row in customers.values()
        ],
        known_at=delivery[0]["known_at"],
    )
    clean = features(ledger)
    poisoned = features(ledger.with_rows(place, poison).with_labels(frauds(poison)))

    until = ledger.keys(lambda row: row["occurred_at"] <= pivot)
    assert moved(clean, poisoned, clean.keys() - until), "the poison moved no row"
    return moved(clean, poisoned, until)


def moved_by_peers(features: Features, ledger: Ledger) -> Moved:
    """An event at the very instant of a row counts as simultaneous and enters no window."""
    instant = max(row["occurred_at"] for row in ledger.rows())
    last = [row for row in ledger.rows() if row["occurred_at"] == instant]
    peers = ledger.keys(lambda row: row["occurred_at"] == instant)
    clean = features(ledger)
    poisoned = features(ledger.with_rows(-1, absurd(last)))

    counted = {
        key: row.values["customer_same_instant_count"]
        for key, row in poisoned.items()
        if key in peers
    }
    assert all(counted.values()), "a count misses the peer"
    others = [_without("customer_same_instant_count", rows, peers) for rows in (clean, poisoned)]
    return moved(*others, clean.keys())


def moved_by_later_knowledge(features: Features, ledger: Ledger) -> Moved:
    """No row that is admitted later enters a row's features, however early it happened.

    The later rows are transactions, corrections that raise an amount and change the customer, and
    labels. All are in the raw tables before any build.
    """
    known_at = ledger.newest_known()
    corrected = {row["transaction_id"] for row in ledger.rows() if row["known_at"] == known_at}
    earlier = [row for row in ledger.rows() if row["known_at"] < known_at]
    twins = absurd(
        [row | {"occurred_at": row["occurred_at"] - INSTANT} for row in earlier[::2]],
        known_at=known_at,
    )
    wrong = [row for row in earlier[1::9] if row["transaction_id"] not in corrected]
    corrections = [
        row | {"transaction_id": source["transaction_id"], "version": 9, "customer_id": "c3"}
        for source, row in zip(wrong, absurd(wrong, known_at=known_at), strict=True)
    ]
    changed = ledger.with_rows(-1, [*twins, *one_per_transaction(corrections)])
    clean = features(ledger)
    poisoned = features(changed.with_labels(frauds([*earlier[::3], *twins], known_at)))

    until = ledger.keys(lambda row: row["known_at"] < known_at)
    assert moved(clean, poisoned, clean.keys() - until), "the poison moved no row"
    return moved(clean, poisoned, until)


def moved_by_an_early_end(features: Features, ledger: Ledger, cut: Ledger | None = None) -> Moved:
    """Features of a ledger that ends early equal those of the same rows in the whole ledger."""
    cut = cut or ledger.known_by(ledger.deliveries[3][0]["known_at"])
    whole = features(ledger)
    short = features(cut)

    assert short.keys() == cut.keys() < whole.keys()
    return moved(short, whole, short.keys())


def moved_by_schedule_and_order(
    features: Features, ledger: Ledger, build_after: Collection[int] = (0, 2, 4), seed: int = 1
) -> Moved:
    """Features do not depend on the schedule of builds or on the order of rows in deliveries."""
    at_once = features(ledger)
    piecewise = features(ledger.shuffled(seed), build_after)

    assert piecewise.keys() == at_once.keys() == ledger.keys()
    return moved(at_once, piecewise, at_once.keys())


def moved_by_labels_before_maturity(features: Features, ledger: Ledger) -> Moved:
    """Neither a row's own label nor an immature label moves its features.

    Every transaction as of some day is labelled fraud the instant it happens. A row uses the labels
    of a day only when the maturity after the day's end has passed.
    """
    day = midnight_after(min(row["occurred_at"] for row in ledger.deliveries[1]))
    late_rows = [row for row in ledger.rows() if row["occurred_at"] >= day]
    clean = features(ledger)
    labelled = features(ledger.with_labels(frauds(late_rows)))

    unmatured = ledger.keys(lambda row: row["occurred_at"] < day + DAY + LABEL_MATURITY)
    own = ledger.keys(lambda row: day <= row["occurred_at"] < day + DAY + LABEL_MATURITY)
    assert own, "no row used its own label too early"
    assert moved(clean, labelled, clean.keys() - unmatured), "no label ever matured"
    return moved(clean, labelled, unmatured)


def moved_by_labels_known_at_once(features: Features, ledger: Ledger) -> Moved:
    """Frauds known the instant they happen count as if they were known at maturity."""
    at_once = tuple(frauds(list(ledger.rows())[::3]))
    at_maturity = tuple(
        label | {"known_at": midnight_after(label["known_at"]) + LABEL_MATURITY}
        for label in at_once
    )
    early = features(replace(ledger, labels=at_once))
    late = features(replace(ledger, labels=at_maturity))

    return moved(early, late, early.keys())


def midnight_after(instant: datetime) -> datetime:
    """Return the end of an instant's UTC day."""
    return datetime.combine(instant.date() + DAY, time(), UTC)


def _without(column: str, rows: Mapping[Key, Built], keys: Collection[Key]) -> dict[Key, Built]:
    """Return the rows; those of the keys lack one column and so the digest over it."""
    cut = {
        key: Built(b"", {name: value for name, value in row.values.items() if name != column})
        for key, row in rows.items()
        if key in keys
    }
    return {**rows, **cut}
