"""What must hold of features on any ledger, said once for the tests and for the planted leaks.

Each law takes `features`, which admits a ledger to a fresh warehouse, builds, and returns every
feature row with its digest. It returns the columns that moved and may not, each with its rows: none
where the law holds. Where a law says that something changes nothing, it also asks for the rows that
it must change: a poison that nobody can taste would prove nothing.
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
#: The columns that moved, each with the rows in which it did.
Moved = dict[str, list[Key]]


@dataclass(frozen=True)
class Built:
    """One feature row: the digest that decisions carry, and its values, to say what moved."""

    digest: bytes
    values: Mapping[str, Any]

    def columns(self) -> dict[str, Any]:
        """Return all that is compared, by its name."""
        return {"digest": self.digest, **self.values}


class Features(Protocol):
    """Build a ledger in a fresh warehouse; also after each of the deliveries that are named."""

    def __call__(self, ledger: Ledger, build_after: Collection[int] = ()) -> dict[Key, Built]: ...


def moved(one: Mapping[Key, Built], other: Mapping[Key, Built], keys: Collection[Key]) -> Moved:
    """Hold each row of the one against the same row of the other, to the last bit."""
    assert keys, "there is no row to compare"
    found: Moved = {}
    for key in sorted(keys):
        its = other[key].columns()
        for name, value in one[key].columns().items():
            if value != its[name]:
                found.setdefault(name, []).append(key)
    return found


def moved_by_later_rows(features: Features, ledger: Ledger, place: int = 3) -> Moved:
    """What happens after a row never enters its features, not even a microsecond after it."""
    asked = ledger.deliveries[place]
    pivot = sorted(row["occurred_at"] for row in asked)[len(asked) // 2]
    customers = {row["customer_id"]: row for row in asked if row["occurred_at"] <= pivot}
    poison = absurd(
        [
            row | {"occurred_at": pivot + wait}
            for wait in (INSTANT, MINUTE, HOUR)
            for row in customers.values()
        ],
        known_at=asked[0]["known_at"],
    )
    clean = features(ledger)
    poisoned = features(ledger.with_rows(place, poison).with_labels(frauds(poison)))

    until = ledger.keys(lambda row: row["occurred_at"] <= pivot)
    assert moved(clean, poisoned, clean.keys() - until), "nobody tasted the poison"
    return moved(clean, poisoned, until)


def moved_by_peers(features: Features, ledger: Ledger) -> Moved:
    """What happens at the very instant of a row is counted as that, and enters no window."""
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
    assert all(counted.values()), "nobody counted the peer"
    others = [_without("customer_same_instant_count", rows, peers) for rows in (clean, poisoned)]
    return moved(*others, clean.keys())


def moved_by_later_knowledge(features: Features, ledger: Ledger) -> Moved:
    """What is admitted later never enters a row's features, however early it happened.

    Rows, corrections that blow up a row and give it to somebody else, and labels: all of them
    stand in the ledger before anything is built.
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
    assert moved(clean, poisoned, clean.keys() - until), "nobody tasted the poison"
    return moved(clean, poisoned, until)


def moved_by_an_early_end(features: Features, ledger: Ledger, cut: Ledger | None = None) -> Moved:
    """Features of a ledger that ends early equal those of the same rows in the whole one."""
    cut = cut or ledger.known_by(ledger.deliveries[3][0]["known_at"])
    whole = features(ledger)
    short = features(cut)

    assert short.keys() == cut.keys() < whole.keys()
    return moved(short, whole, short.keys())


def moved_by_schedule_and_order(
    features: Features, ledger: Ledger, build_after: Collection[int] = (0, 2, 4), seed: int = 1
) -> Moved:
    """However builds are cut, and rows lie in their deliveries, the features are the same."""
    at_once = features(ledger)
    piecewise = features(ledger.shuffled(seed), build_after)

    assert piecewise.keys() == at_once.keys() == ledger.keys()
    return moved(at_once, piecewise, at_once.keys())


def moved_by_labels_before_maturity(features: Features, ledger: Ledger) -> Moved:
    """Neither a row's own label nor one that has not matured moves its features.

    Everything from some day on is called fraud the instant it happens. A row learns of a day only
    when the maturity after the day's end has passed.
    """
    day = midnight_after(min(row["occurred_at"] for row in ledger.deliveries[1]))
    told = [row for row in ledger.rows() if row["occurred_at"] >= day]
    clean = features(ledger)
    labelled = features(ledger.with_labels(frauds(told)))

    unmatured = ledger.keys(lambda row: row["occurred_at"] < day + DAY + LABEL_MATURITY)
    own = ledger.keys(lambda row: day <= row["occurred_at"] < day + DAY + LABEL_MATURITY)
    assert own, "no row was told its own label too early"
    assert moved(clean, labelled, clean.keys() - unmatured), "no label ever matured"
    return moved(clean, labelled, unmatured)


def moved_by_labels_known_at_once(features: Features, ledger: Ledger) -> Moved:
    """Frauds that are known the instant they happen count as if they were known at maturity."""
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
    """Return the rows, those of the keys without one column and so without the digest over it."""
    cut = {
        key: Built(b"", {name: value for name, value in row.values.items() if name != column})
        for key, row in rows.items()
        if key in keys
    }
    return {**rows, **cut}
