"""Draw books of two shops and of their customers' cards, to test laws on.

History ends eight days before noon; five rounds of live deliveries follow, two days apart.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from tests.builders import NOON, a_sale, a_transaction
from tests.integration.point_in_time.books import DAY, ROUNDS, Book, Row, round_after

CUSTOMERS = ("c1", "c2", "c3", "c4")
PRODUCTS = ("p1", "p2", "p3", "p4")
HOUR = timedelta(hours=1)
#: The days of sales in a book: more than a look-back.
DAYS = 520


def a_shop_book(seed: int) -> Book:
    """Draw sales, returns, products and card transactions, with late and corrected rows.

    A quarter of the rows are corrected: their customer, day, price, event or product changes. Some
    products change their category, and one is described only after its first sales.
    """
    draw = random.Random(seed)  # noqa: S311 - a draw, not a secret
    book = Book(()).plus("merchants", _merchants()).plus("products", _products(draw))
    for n in range(240):
        at = _moment(draw, DAYS)
        book = book.plus("sales", versions(draw, _sale(draw, f"s{n}", at), _changed_sale))
    for n in range(160):
        at = _moment(draw, 75)
        row = _payment(draw, f"t{n}", at)
        book = book.plus("transactions", versions(draw, row, _changed_payment))
    return book


def _moment(draw: random.Random, days: int) -> datetime:
    """Return an instant of the last days, or of the last twelve days for every third row."""
    return NOON - HOUR * draw.randrange(1, 24 * (12 if draw.randrange(3) == 0 else days))


def _sale(draw: random.Random, name: str, at: datetime) -> Row:
    price = draw.choice([0, 99, 1250, 40_000])
    return a_sale(
        sale_line_id=name,
        occurred_at=at,
        merchant_id=draw.choice(["m1", "m1", "m2"]),
        customer_id=draw.choice([*CUSTOMERS, None]),
        product_id=draw.choice(PRODUCTS),
        category=draw.choice([None, None, "tea", "cups"]),
        channel=draw.choice([None, "web", "web", "shop"]),
        quantity=draw.choice([1, 2, 12]),
        unit_price_minor=price,
        unit_price_base_minor=draw.choice([None, *[price] * 9]),
        discount_minor=draw.choice([None, 0, 50]) if price else None,
        event=draw.choice(["sale"] * 6 + ["return", "cancellation"]),
        is_merchandise=draw.randrange(10) > 0,
    )


def _changed_sale(draw: random.Random) -> dict[str, Any]:
    return draw.choice(
        [
            {"customer_id": draw.choice([*CUSTOMERS, None])},
            {"quantity": 5, "channel": "post"},
            {"event": "return"},
            {"product_id": draw.choice(PRODUCTS), "category": None},
            {"is_merchandise": False},
        ]
    )


def _payment(draw: random.Random, name: str, at: datetime) -> Row:
    amount = draw.randrange(100, 9_000)
    return a_transaction(
        transaction_id=name,
        occurred_at=at,
        customer_id=draw.choice([*CUSTOMERS, "card alone"]),
        merchant_id=draw.choice(["m1", "x1", "x2"]),
        transaction_category=draw.choice([None, "tea", "food"]),
        kind=draw.choice(["purchase"] * 6 + ["refund", "check"]),
        amount_minor=amount,
        amount_base_minor=draw.choice([None, *[amount] * 9]),
    )


def _changed_payment(draw: random.Random) -> dict[str, Any]:
    return draw.choice(
        [
            {"customer_id": draw.choice(CUSTOMERS)},
            {"amount_base_minor": 77},
            {"kind": "reversal"},
        ]
    )


def versions(draw: random.Random, row: Row, change: Any, event: str = "occurred_at") -> list[Row]:
    """Return a row as it became known, some rows late, and its correction if there is one."""
    at = row[event]
    known_at = round_after(at) or at + timedelta(minutes=draw.choice([5, 60 * 30]))
    if draw.randrange(12) == 0:
        known_at = max(known_at, draw.choice(ROUNDS))
    versions = [row | {"known_at": known_at, "is_history": known_at < ROUNDS[0]}]
    if draw.randrange(4) == 0:
        later = [moment for moment in (known_at + 9 * DAY, *ROUNDS) if moment > known_at]
        changed_at = draw.choice([moment for moment in later if moment <= NOON] or [known_at])
        if changed_at > known_at and (changed_at in ROUNDS or changed_at < ROUNDS[0]):
            moved = {event: at - draw.choice([0, 0, 40]) * DAY}
            versions.append(
                row
                | moved
                | change(draw)
                | {"version": 2, "known_at": changed_at, "is_history": changed_at < ROUNDS[0]}
            )
    return versions


def _merchants() -> list[Row]:
    long_ago = NOON - 600 * DAY
    return [
        {"merchant_id": "x1", "category": "travel", "known_at": long_ago},
        {"merchant_id": "x1", "category": "food", "version": 2, "known_at": ROUNDS[1],
         "valid_from": ROUNDS[0]},
        {"merchant_id": "x2", "category": "books", "known_at": ROUNDS[2]},
    ]  # fmt: skip


def _products(draw: random.Random) -> list[Row]:
    long_ago = NOON - (DAYS + 50) * DAY
    first = [
        {"merchant_id": of, "product_id": name, "category": draw.choice(["tea", "pots"]),
         "currency_code": "USD", "known_at": long_ago}
        for of in ("m1", "m2") for name in PRODUCTS[:3]
    ]  # fmt: skip
    changed = [first[0] | {"version": 2, "category": "gifts", "known_at": ROUNDS[2]}]
    late = [first[0] | {"product_id": PRODUCTS[3], "known_at": ROUNDS[1]}]
    return [*first, *changed, *late]
