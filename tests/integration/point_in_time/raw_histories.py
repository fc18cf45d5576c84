"""Draw raw histories to test laws on, as deliveries in the order of admission, and change them."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

from tests.builders import NOON, a_label, a_transaction

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
INSTANT = timedelta(microseconds=1)

KINDS = ("purchase",) * 9 + ("check", "refund", "reversal")

Row = dict[str, Any]
Key = tuple[str, int]


@dataclass(frozen=True)
class RawHistory:
    """Hold deliveries in the order of their admission, the labels between them, and facts.

    Facts of customers, merchants and places are admitted before any delivery.
    """

    deliveries: tuple[tuple[Row, ...], ...]
    labels: tuple[Row, ...]
    facts: tuple[tuple[str, Row], ...] = ()

    def rows(self) -> Iterator[Row]:
        """Yield every row version."""
        for delivery in self.deliveries:
            yield from delivery

    def keys(self, chosen: Callable[[Row], bool] = bool) -> set[Key]:
        """Return the keys of the selected rows, or of all."""
        return {(row["transaction_id"], row["version"]) for row in self.rows() if chosen(row)}

    def labels_before(self, place: int) -> list[Row]:
        """Return the labels that are admitted right before a delivery: known by then and new."""
        ends = [max(row["known_at"] for row in delivery) for delivery in self.deliveries]
        first = ends[place - 1] if place else datetime.min.replace(tzinfo=UTC)
        last = ends[place] if place < len(ends) - 1 else datetime.max.replace(tzinfo=UTC)
        return [label for label in self.labels if first < label["known_at"] <= last]

    def newest_known(self) -> datetime:
        """Return the moment of the last admission."""
        return max(row["known_at"] for row in self.rows())

    def with_rows(self, place: int, rows: Sequence[Row]) -> RawHistory:
        """Return the history with rows added to one of its deliveries."""
        changed = list(self.deliveries)
        changed[place] = (*changed[place], *rows)
        return replace(self, deliveries=tuple(changed))

    def with_labels(self, labels: Sequence[Row]) -> RawHistory:
        """Return the history with labels added, each the next version of its transaction's."""
        labelled = {label["transaction_id"] for label in self.labels}
        added = tuple(
            label | {"version": 2 if label["transaction_id"] in labelled else 1} for label in labels
        )
        return replace(self, labels=self.labels + added)

    def where(
        self, row_stays: Callable[[Row], bool], label_stays: Callable[[Row], bool]
    ) -> RawHistory:
        """Return the history with the rows and labels that pass a filter."""
        kept = (tuple(filter(row_stays, delivery)) for delivery in self.deliveries)
        return RawHistory(
            tuple(delivery for delivery in kept if delivery),
            tuple(filter(label_stays, self.labels)),
            self.facts,
        )

    def known_by(self, moment: datetime) -> RawHistory:
        """Return the part of the history that was known at a moment."""

        def known(row: Row) -> bool:
            return bool(row["known_at"] <= moment)

        return self.where(known, known)

    def happened_by(self, moment: datetime) -> RawHistory:
        """Return the transactions whose versions all happened before or at a moment."""
        later = {row["transaction_id"] for row in self.rows() if row["occurred_at"] > moment}

        def stays(row: Row) -> bool:
            return row["transaction_id"] not in later

        return self.where(stays, stays)

    def shuffled(self, seed: int) -> RawHistory:
        """Return the history with the rows of each delivery in another order."""
        order = random.Random(seed)  # noqa: S311 - a draw, not a secret
        return replace(
            self, deliveries=tuple(tuple(order.sample(d, len(d))) for d in self.deliveries)
        )


def a_raw_history(seed: int) -> RawHistory:
    """Draw a raw history: a history of five weeks, then five live deliveries two days apart.

    Entities and instants are few, so that windows fill and rows tie. One live row in five comes
    late. One in eight is corrected by the next delivery. One amount in six is far above the
    customer's average. One row in four is a check, a refund or a reversal. A third of the history
    is labelled.
    """
    draw = random.Random(seed)  # noqa: S311 - a draw, not a secret
    history = [
        _row(draw, f"h{n}", occurred_at=_between(draw, 45, 10), is_history=True) for n in range(150)
    ]
    deliveries = [[row | {"known_at": row["occurred_at"] + 5 * MINUTE} for row in history]]
    live: list[list[Row]] = [[] for _ in range(5)]
    for place in range(5):
        for n in range(24):
            row = _row(draw, f"l{place}-{n}", _between(draw, 10 - 2 * place, 8 - 2 * place))
            came = min(place + draw.choice([0, 0, 0, 0, 1]), 4)
            live[came].append(row)
            if draw.randrange(8) == 0 and came < 4:
                values = _row(draw, row["transaction_id"], row["occurred_at"])
                live[came + 1].append(values | {"version": 2})
    for place, rows in enumerate(live):
        known_at = NOON - (8 - 2 * place) * DAY + HOUR
        deliveries.append([row | {"known_at": known_at} for row in rows])
    labels = [
        a_label(row["transaction_id"], row["occurred_at"] + draw.choice([1, 9, 30]) * DAY)
        for row in draw.sample(history, 50)
    ]
    newest = NOON + HOUR
    known = tuple(label for label in labels if label["known_at"] <= newest)
    return RawHistory(tuple(map(tuple, deliveries)), known)


def _between(draw: random.Random, first: int, last: int) -> datetime:
    """Draw an instant between two numbers of days ago, on a grid of ten minutes."""
    return NOON - timedelta(minutes=10 * draw.randrange(last * 144, first * 144))


def _row(draw: random.Random, name: str, occurred_at: datetime, **more: Any) -> Row:
    return a_transaction(
        transaction_id=name,
        occurred_at=occurred_at,
        customer_id=draw.choice(["c1", "c2", "c3"]),
        merchant_id=draw.choice(["m1", "m2", "m3"]),
        device_id=draw.choice(["d1", "d2", None]),
        ip_address=draw.choice(["192.0.2.1", "192.0.2.2", None]),
        card_bin=draw.choice(["411111", "550000"]),
        location_code=draw.choice(["US-NY", "GB-LON", None]),
        channel=draw.choice(["web", "pos"]),
        amount_minor=draw.randrange(100, 2_000) * draw.choice([1, 1, 1, 1, 1, 9]),
        kind=KINDS[crc32(name.encode()) % len(KINDS)],
        **more,
    )


def absurd(rows: Collection[Row], **changes: Any) -> list[Row]:
    """Return huge live transactions like the given ones, under other ids."""
    return [
        row
        | {
            "transaction_id": f"poison-{n}-{row['transaction_id']}",
            "version": 1,
            "is_history": False,
            "amount_minor": 10**9,
            "amount_base_minor": 10**9,
            **changes,
        }
        for n, row in enumerate(rows)
    ]


def frauds(rows: Collection[Row], known_at: datetime | None = None) -> list[Row]:
    """Return a label of fraud for each transaction, known at once unless a moment is given."""
    return [
        a_label(row["transaction_id"], known_at or row["occurred_at"])
        for row in one_per_transaction(rows)
    ]


def one_per_transaction(rows: Collection[Row]) -> list[Row]:
    """Return the last version of each transaction."""
    return list({row["transaction_id"]: row for row in rows}.values())
