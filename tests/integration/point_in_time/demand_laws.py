"""Define the laws that features of demand and of stock keep on any book of shops with stock.

As in `shop_laws`, a law that expects no change also names the rows that must change.
"""

from __future__ import annotations

from datetime import UTC, datetime, time

from tests.builders import a_sale
from tests.integration.point_in_time.books import DAY, INSTANT, ROUNDS, Book, Row
from tests.integration.point_in_time.laws import Built, Moved, moved
from tests.integration.point_in_time.shop_laws import Features
from tests.stock_builders import (
    a_promotion,
    a_purchase_order,
    a_stock_level,
    a_stock_movement,
)

PRODUCTS = (("m1", "p1"), ("m1", "p2"), ("m2", "p1"))


def moved_by_later_events(features: Features, book: Book) -> Moved:
    """No event after the day of a night enters its features, not even by a microsecond.

    At the midnight after the pivot, all products sell, run out, are ordered and have a promotion
    announced.
    """
    known_at = ROUNDS[3]
    midnight = datetime.combine((known_at - DAY).date(), time(), UTC)
    clean = features(book)
    poisoned = features(_poisoned(book, midnight, known_at))
    its_night = features(_poisoned(book, midnight - INSTANT, known_at))
    before = {key for key, row in clean.items() if _at(row, "day_at") < midnight}

    assert moved(clean, its_night, before), "the poison moved no row"
    return moved(clean, poisoned, before)


def moved_by_later_knowledge(features: Features, book: Book) -> Moved:
    """No later knowledge enters the features of a night, however early the event happened.

    The later knowledge is sales, counts, movements, orders and promotions of long ago, and
    corrections. All are admitted before any build.
    """
    known_at = ROUNDS[-1]
    changed = _poisoned(book, known_at - 12 * DAY, known_at)
    later = {"version": 9, "known_at": known_at, "is_history": False}
    for feed, change in (
        ("sales", {"quantity": 900}),
        ("stock_levels", {"on_hand": 0}),
        ("stock_movements", {"quantity": 900}),
        ("purchase_orders", {"quantity": 900}),
        ("promotions", {"price_base_minor": 1}),
    ):
        firsts = [row for row in book.of(feed) if row["version"] == 1][::4]
        changed = changed.plus(feed, [row | change | later for row in firsts])
    clean, poisoned = features(book), features(changed)
    until = {key for key, row in clean.items() if _at(row, "known_at") < known_at}

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
    """Return a book where all products sell, run out, are ordered and promoted at one instant.

    The promotion covers the days before it too, so that an early reader sees it at once.
    """
    for place, (merchant, product) in enumerate(PRODUCTS):
        of = {"merchant_id": merchant, "product_id": product, "known_at": known_at}
        rows: dict[str, Row] = {
            "sales": a_sale(**of, sale_line_id=f"poison-{place}", occurred_at=at, channel="web",
                            customer_id=None, quantity=900, unit_price_minor=10**6),
            "stock_levels": a_stock_level(**of, stock_level_id=f"poison-{place}", counted_at=at,
                                          on_hand=0),
            "stock_movements": a_stock_movement(**of, stock_movement_id=f"poison-{place}",
                                                occurred_at=at, quantity=900),
            "purchase_orders": a_purchase_order(**of, purchase_order_id=f"poison-{place}",
                                                ordered_at=at, quantity=900),
            "promotions": a_promotion(
                **of, promotion_id=f"poison-{place}", announced_at=at, price_minor=1,
                starts_on=(at - 20 * DAY).date(), ends_on=(at + 9 * DAY).date(),
            ),
        }  # fmt: skip
        for feed, row in rows.items():
            book = book.plus(feed, [row])
    return book


def _at(row: Built, name: str) -> datetime:
    return datetime.fromisoformat(row.values[name])
