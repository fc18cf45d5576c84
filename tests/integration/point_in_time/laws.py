"""Define the laws that features keep on any raw history, for the tests and for the planted leaks.

Each law takes `features`, which admits a raw history to a fresh warehouse, builds it, and returns
every feature row with its digest. A law returns the columns that moved without permission, each
with its rows; the result is empty if the law holds. A law that expects no change also names rows
that must change, because a poison without any effect would prove no law.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import Any, Protocol

from tests.integration.point_in_time.raw_histories import (
    DAY,
    HOUR,
    INSTANT,
    MINUTE,
    Key,
    RawHistory,
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
    """Build a raw history in a fresh warehouse, and again after each of the named deliveries."""

    def __call__(
        self, raw_history: RawHistory, build_after: Collection[int] = ()
    ) -> dict[Key, Built]: ...


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


def moved_by_later_rows(features: Features, raw_history: RawHistory, place: int = 3) -> Moved:
    """No event after a row enters its features, not even a microsecond after it."""
    delivery = raw_history.deliveries[place]
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
    clean = features(raw_history)
    poisoned = features(raw_history.with_rows(place, poison).with_labels(frauds(poison)))

    until = raw_history.keys(lambda row: row["occurred_at"] <= pivot)
    assert moved(clean, poisoned, clean.keys() - until), "the poison moved no row"
    return moved(clean, poisoned, until)


def moved_by_peers(features: Features, raw_history: RawHistory) -> Moved:
    """An event at the very instant of a row counts as simultaneous and enters no window."""
    instant = max(row["occurred_at"] for row in raw_history.rows())
    last = [row for row in raw_history.rows() if row["occurred_at"] == instant]
    peers = raw_history.keys(lambda row: row["occurred_at"] == instant)
    clean = features(raw_history)
    poisoned = features(raw_history.with_rows(-1, absurd(last)))

    counted = {
        key: row.values["customer_same_instant_count"]
        for key, row in poisoned.items()
        if key in peers
    }
    assert all(counted.values()), "a count misses the peer"
    others = [_without("customer_same_instant_count", rows, peers) for rows in (clean, poisoned)]
    return moved(*others, clean.keys())


def moved_by_later_knowledge(features: Features, raw_history: RawHistory) -> Moved:
    """No row that is admitted later enters a row's features, however early it happened.

    The later rows are transactions, corrections that raise an amount and change the customer, and
    labels. All are in the raw tables before any build.
    """
    known_at = raw_history.newest_known()
    corrected = {row["transaction_id"] for row in raw_history.rows() if row["known_at"] == known_at}
    earlier = [row for row in raw_history.rows() if row["known_at"] < known_at]
    twins = absurd(
        [row | {"occurred_at": row["occurred_at"] - INSTANT} for row in earlier[::2]],
        known_at=known_at,
    )
    wrong = [row for row in earlier[1::9] if row["transaction_id"] not in corrected]
    corrections = [
        row | {"transaction_id": source["transaction_id"], "version": 9, "customer_id": "c3"}
        for source, row in zip(wrong, absurd(wrong, known_at=known_at), strict=True)
    ]
    changed = raw_history.with_rows(-1, [*twins, *one_per_transaction(corrections)])
    clean = features(raw_history)
    poisoned = features(changed.with_labels(frauds([*earlier[::3], *twins], known_at)))

    until = raw_history.keys(lambda row: row["known_at"] < known_at)
    assert moved(clean, poisoned, clean.keys() - until), "the poison moved no row"
    return moved(clean, poisoned, until)


def moved_by_an_early_end(
    features: Features, raw_history: RawHistory, cut: RawHistory | None = None
) -> Moved:
    """Features of a history that ends early equal those of the same rows in the whole history."""
    cut = cut or raw_history.known_by(raw_history.deliveries[3][0]["known_at"])
    whole = features(raw_history)
    short = features(cut)

    assert short.keys() == cut.keys() < whole.keys()
    return moved(short, whole, short.keys())


def moved_by_schedule_and_order(
    features: Features,
    raw_history: RawHistory,
    build_after: Collection[int] = (0, 2, 4),
    seed: int = 1,
) -> Moved:
    """Features do not depend on the schedule of builds or on the order of rows in deliveries."""
    at_once = features(raw_history)
    piecewise = features(raw_history.shuffled(seed), build_after)

    assert piecewise.keys() == at_once.keys() == raw_history.keys()
    return moved(at_once, piecewise, at_once.keys())


def moved_by_labels_before_maturity(features: Features, raw_history: RawHistory) -> Moved:
    """Neither a row's own label nor an immature label moves its features.

    Every transaction as of some day is labelled fraud the instant it happens. A row uses the labels
    of a day only when the maturity after the day's end has passed.
    """
    day = midnight_after(min(row["occurred_at"] for row in raw_history.deliveries[1]))
    late_rows = [row for row in raw_history.rows() if row["occurred_at"] >= day]
    clean = features(raw_history)
    labelled = features(raw_history.with_labels(frauds(late_rows)))

    unmatured = raw_history.keys(lambda row: row["occurred_at"] < day + DAY + LABEL_MATURITY)
    own = raw_history.keys(lambda row: day <= row["occurred_at"] < day + DAY + LABEL_MATURITY)
    assert own, "no row used its own label too early"
    assert moved(clean, labelled, clean.keys() - unmatured), "no label ever matured"
    return moved(clean, labelled, unmatured)


def moved_by_labels_known_at_once(features: Features, raw_history: RawHistory) -> Moved:
    """Frauds known the instant they happen count as if they were known at maturity."""
    at_once = tuple(frauds(list(raw_history.rows())[::3]))
    at_maturity = tuple(
        label | {"known_at": midnight_after(label["known_at"]) + LABEL_MATURITY}
        for label in at_once
    )
    early = features(replace(raw_history, labels=at_once))
    late = features(replace(raw_history, labels=at_maturity))

    return moved(early, late, early.keys())


def moved_by_later_facts(features: Features, raw_history: RawHistory, place: int = 3) -> Moved:
    """No fact enters the features of a row that is known before the fact, or older than its time.

    All facts are in the raw tables before any build.
    """
    pivot = max(row["known_at"] for row in raw_history.deliveries[place])
    newest = max(row["occurred_at"] for row in raw_history.rows() if row["known_at"] <= pivot)
    bare = tuple(
        tuple(row | {"transaction_category": None} for row in delivery)
        for delivery in raw_history.deliveries
    )
    known = facts(pivot - 4 * DAY, "AT", "food") + facts(pivot - 3 * DAY, "DE", "food", version=2)
    later = facts(pivot + INSTANT, "JP", "travel", version=3, valid_from=None) + tuple(
        (feed, fact)
        for feed, fact in facts(pivot, "JP", "games", version=4, valid_from=newest + INSTANT)
        if feed != "places"
    )
    clean = features(replace(raw_history, deliveries=bare, facts=known))
    poisoned = features(replace(raw_history, deliveries=bare, facts=known + later))

    until = raw_history.keys(lambda row: row["known_at"] <= pivot)
    assert any(clean[key].values["is_foreign"] for key in until), "no fact was used"
    assert moved(clean, poisoned, clean.keys() - until), "the poison moved no row"
    return moved(clean, poisoned, until)


def facts(
    known_at: datetime, country: str, category: str, version: int = 1, **more: Any
) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Return a fact about each customer, each merchant and the place of all merchants."""
    clocks = {"known_at": known_at, "version": version}
    stated = {"opened_on": known_at.date() - 9 * DAY, **clocks, **more}
    customers = {"location_code": country, **stated}
    merchants = {"location_code": "HUB", "category": category, **stated}
    place = {"location_code": "HUB", "latitude": len(category), "longitude": version, **clocks}
    return (
        *(("customers", {"customer_id": name, **customers}) for name in ("c1", "c2", "c3")),
        *(("merchants", {"merchant_id": name, **merchants}) for name in ("m1", "m2", "m3")),
        ("places", {**place, "country_code": country}),
    )


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
