"""What must hold of features on any ledger, said once for the tests and for the planted leaks.

Each law takes `features`, which admits a ledger to a fresh warehouse, builds, and returns every
feature row with its digest. It raises a MovedError that names the rows and columns that moved.
Where a law says that something changes nothing, it also asks for the rows that it must change: a
poison that nobody can taste would prove nothing.
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


@dataclass(frozen=True)
class Built:
    """One feature row: the digest that decisions carry, and its values, to say what moved."""

    digest: bytes
    values: Mapping[str, Any]


class Features(Protocol):
    """Build a ledger in a fresh warehouse; also after each of the deliveries that are named."""

    def __call__(self, ledger: Ledger, build_after: Collection[int] = ()) -> dict[Key, Built]: ...


class MovedError(AssertionError):
    """Features moved that a law says cannot."""


def moved(
    one: Mapping[Key, Built], other: Mapping[Key, Built], keys: Collection[Key]
) -> dict[Key, list[str]]:
    """Return, of the rows asked for, those that differ, with the columns that do."""
    return {
        key: [name for name, value in one[key].values.items() if value != other[key].values[name]]
        for key in sorted(keys)
        if one[key] != other[key]
    }


def nothing_moved(
    one: Mapping[Key, Built], other: Mapping[Key, Built], keys: Collection[Key]
) -> None:
    """Hold each row of the one against the same row of the other, to the last bit."""
    assert keys, "there is no row to compare"
    if found := moved(one, other, keys):
        columns = sorted({name for names in found.values() for name in names})
        raise MovedError(f"{len(found)} of {len(keys)} rows moved: {columns} of {list(found)[:5]}")


def later_rows_change_nothing(features: Features, ledger: Ledger, place: int = 3) -> None:
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
    nothing_moved(clean, poisoned, until)
    assert moved(clean, poisoned, clean.keys() - until), "nobody tasted the poison"


def peers_enter_no_window(features: Features, ledger: Ledger) -> None:
    """What happens at the very instant of a row is counted as that, and enters no window."""
    instant = max(row["occurred_at"] for row in ledger.rows())
    last = [row for row in ledger.rows() if row["occurred_at"] == instant]
    peers = ledger.keys(lambda row: row["occurred_at"] == instant)
    clean = features(ledger)
    poisoned = features(ledger.with_rows(-1, absurd(last)))

    nothing_moved(clean, poisoned, clean.keys() - peers)
    counted = {
        key: row.values["customer_same_instant_count"]
        for key, row in poisoned.items()
        if key in peers
    }
    assert all(counted.values()), "nobody counted the peer"
    others = [_without(rows, "customer_same_instant_count") for rows in (clean, poisoned)]
    nothing_moved(*others, peers)


def later_knowledge_changes_nothing(features: Features, ledger: Ledger) -> None:
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
    nothing_moved(clean, poisoned, until)
    assert moved(clean, poisoned, clean.keys() - until), "nobody tasted the poison"


def a_ledger_cut_short_gives_the_same(
    features: Features, ledger: Ledger, cut: Ledger | None = None
) -> None:
    """Features of a ledger that ends early equal those of the same rows in the whole one."""
    cut = cut or ledger.known_by(ledger.deliveries[3][0]["known_at"])
    whole = features(ledger)
    short = features(cut)

    assert short.keys() == cut.keys() < whole.keys()
    nothing_moved(short, whole, short.keys())


def schedule_and_order_change_nothing(
    features: Features, ledger: Ledger, build_after: Collection[int] = (0, 2, 4), seed: int = 1
) -> None:
    """However builds are cut, and rows lie in their deliveries, the features are the same."""
    at_once = features(ledger)
    piecewise = features(ledger.shuffled(seed), build_after)

    assert piecewise.keys() == at_once.keys() == ledger.keys()
    nothing_moved(at_once, piecewise, at_once.keys())


def labels_wait_for_their_maturity(features: Features, ledger: Ledger) -> None:
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
    nothing_moved(clean, labelled, unmatured)
    assert moved(clean, labelled, clean.keys() - unmatured), "no label ever matured"


def knowing_a_label_at_once_is_no_advantage(features: Features, ledger: Ledger) -> None:
    """Frauds that are known the instant they happen count as if they were known at maturity."""
    at_once = tuple(frauds(list(ledger.rows())[::3]))
    at_maturity = tuple(
        label | {"known_at": midnight_after(label["known_at"]) + LABEL_MATURITY}
        for label in at_once
    )
    early = features(replace(ledger, labels=at_once))
    late = features(replace(ledger, labels=at_maturity))

    nothing_moved(early, late, early.keys())


def midnight_after(instant: datetime) -> datetime:
    """Return the end of an instant's UTC day."""
    return datetime.combine(instant.date() + DAY, time(), UTC)


def _without(rows: Mapping[Key, Built], column: str) -> dict[Key, Built]:
    """Return the rows without one column, and so without the digest over it."""
    return {
        key: Built(b"", {name: value for name, value in row.values.items() if name != column})
        for key, row in rows.items()
    }
