"""Draw books of two shops with stock, purchase orders and suppliers' terms, to test laws on."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

from tests.builders import NOON
from tests.integration.point_in_time.books import DAY, ROUNDS, Book, Row
from tests.integration.point_in_time.demand_books import MIDNIGHT, a_demand_book
from tests.integration.point_in_time.shop_books import versions
from tests.stock_builders import a_purchase_order, a_stock_level, a_stock_movement

PRODUCTS = (("m1", "p1"), ("m1", "p2"), ("m1", "p3"), ("m1", "p6"), ("m2", "p1"))


def a_stock_book(seed: int) -> Book:
    """Draw a book of demand with orders at suppliers, batches, promised pieces and terms.

    Orders are received, late, and corrected. Product p6 is counted and never sold. Its counts of
    the last days are repeated, late and corrected, and two of them have one instant.
    """
    draw = random.Random(seed + 1)  # noqa: S311 - a draw, not a secret
    book = a_demand_book(seed).plus("products", list(_terms(draw)))
    for row in _orders(draw):
        book = book.plus("purchase_orders", _received(draw, row))
    for row in _counts(draw):
        change = {"on_hand": draw.choice([0, 2]), "reserved": 3}
        book = book.plus(
            "stock_levels", versions(draw, row, lambda _, change=change: change, "counted_at")
        )
    for row in _returns(draw):
        book = book.plus(
            "stock_movements", versions(draw, row, lambda d: {"quantity": 2}, "occurred_at")
        )
    newest = {row["stock_level_id"]: row for row in book.of("stock_levels")}
    again = {"version": 7, "known_at": ROUNDS[2], "is_history": False}
    known = [row for row in newest.values() if row["known_at"] < ROUNDS[2]]
    return book.plus("stock_levels", [row | again for row in known[::7]])


def _terms(draw: random.Random) -> Iterator[Row]:
    """Yield facts of products: what a supplier needs, and costs; some become known late."""
    for number, (merchant, product) in enumerate(PRODUCTS):
        cost = draw.choice([None, 300, 450])
        yield {
            "merchant_id": merchant, "product_id": product, "version": 5, "currency_code": "USD",
            "category": draw.choice(["tea", "pots"]), "known_at": NOON - 30 * DAY,
            "unit_cost_minor": cost, "unit_cost_base_minor": cost, "list_price_minor": 900,
            "list_price_base_minor": 900, "lead_time_days": draw.choice([None, 4.4, 12.0]),
            "lead_time_sd_days": draw.choice([None, 1.5]),
            "minimum_order": draw.choice([None, 6]), "order_days": draw.choice([None, "mon thu"]),
            "shelf_life_days": draw.choice([None, 30.0]),
            "pack_size": ["12", "6 x 1", None, " 4.0 ", "0"][number],
        }  # fmt: skip
    yield {
        "merchant_id": "m1", "product_id": "p1", "version": 6, "currency_code": "USD",
        "category": "tea", "known_at": ROUNDS[2], "unit_cost_minor": 500,
        "unit_cost_base_minor": 500, "lead_time_days": 9.0, "pack_size": "24",
    }  # fmt: skip


def _orders(draw: random.Random) -> Iterator[Row]:
    for _ in range(60):
        merchant, product = draw.choice(PRODUCTS)
        ordered = NOON - draw.choice([*range(1, 25), 430, 200]) * DAY
        yield a_purchase_order(
            merchant_id=merchant,
            product_id=product,
            quantity=draw.choice([1, 6, 12.5]),
            ordered_at=ordered,
            expected_at=draw.choice([None, ordered + draw.randrange(20) * DAY]),
        )


def _received(draw: random.Random, row: Row) -> list[Row]:
    """Return the versions of an order; the pieces of most come."""
    ordered = versions(draw, row, lambda _: {"quantity": 3}, "ordered_at")
    newest = ordered[-1]
    received = newest["ordered_at"] + draw.randrange(1, 12 * 24) * timedelta(hours=1)
    later = [moment for moment in ROUNDS if moment > max(received, newest["known_at"])]
    if not later or draw.randrange(4) == 0:
        return ordered
    receipt = {"received_at": received, "known_at": draw.choice(later[:2]), "is_history": False}
    return [*ordered, newest | receipt | {"version": newest["version"] + 1}]


def _counts(draw: random.Random) -> Iterator[Row]:
    for day in (2, 3, 5, 9, 30, 200):
        at = MIDNIGHT - day * DAY + draw.choice([0, 600]) * timedelta(minutes=1)
        for location in ("web", "shop"):
            for _ in range(2):
                expires = at.date() + draw.randrange(1, 40) * DAY
                yield a_stock_level(
                    merchant_id=draw.choice(["m1", "m1", "m2"]),
                    product_id=draw.choice(["p6", "p1"]),
                    location=location,
                    on_hand=draw.choice([0, 4, 9]),
                    reserved=draw.choice([None, 1, 12]),
                    expires_on=draw.choice([None, expires, date(2020, 1, 1)]),
                    counted_at=at,
                )


def _returns(draw: random.Random) -> Iterator[Row]:
    """Yield movements at places without a count, and at the midnights of counts."""
    for day in (2, 3, 4, 30):
        yield a_stock_movement(
            product_id="p6",
            location=draw.choice(["web", "van"]),
            to_location=None,
            movement=draw.choice(["return", "sale"]),
            quantity=3,
            occurred_at=MIDNIGHT - day * DAY,
        )
