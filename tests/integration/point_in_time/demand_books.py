"""Draw books of two shops with stock and promotions, to test laws on.

The times are those of `shop_books`: history ends eight days before noon, then five live rounds.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tests.builders import NOON, a_sale
from tests.integration.point_in_time.books import DAY, Book, Row
from tests.integration.point_in_time.shop_books import versions
from tests.stock_builders import a_promotion, a_stock_level, a_stock_movement

#: Merchant, product, channel, days since the first sale, and the share of days with sales.
SERIES = (
    ("m1", "p1", "web", 500, 0.5),
    ("m1", "p1", "shop", 390, 0.15),
    ("m1", "p2", "web", 130, 0.9),
    ("m1", "p3", "web", 30, 0.4),
    ("m1", "p4", "web", 460, 0.05),
    ("m2", "p1", "web", 420, 0.3),
    ("m2", "p1", None, 90, 0.2),
)
MIDNIGHT = NOON.replace(hour=0)


def a_demand_book(seed: int) -> Book:
    """Draw sales, cancellations, returns, counts, movements and promotions.

    Some rows are late and a quarter is corrected. Product p1 often runs out, p2 at times, and no
    count of p4 is known. Promotions lie behind and ahead of the nights. Product p5 was sold last
    more than a year ago, and still within the look-back.
    """
    draw = random.Random(seed)  # noqa: S311 - a draw, not a secret
    book = Book(()).plus("products", list(_products(draw)))
    rows = {
        "sales": ("occurred_at", _sales(draw), _changed_sale),
        "stock_levels": ("counted_at", _counts(draw), lambda d: {"on_hand": d.choice([0, 3])}),
        "stock_movements": ("occurred_at", _movements(draw), lambda d: {"quantity": 3}),
        "promotions": ("announced_at", _promotions(draw), _changed_promotion),
    }
    for feed, (event, drawn, change) in rows.items():
        for row in drawn:
            book = book.plus(feed, versions(draw, row, change, event))
    ended = a_sale(
        occurred_at=MIDNIGHT - 390 * DAY, customer_id=None, product_id="p5", is_history=True
    )
    return book.plus("sales", [ended])


def _sales(draw: random.Random) -> Iterator[Row]:
    for merchant, product, channel, age, share in SERIES:
        for day in range(1, age):
            if draw.random() > share:
                continue
            for at in _moments(draw, day, draw.choice([1, 1, 2])):
                price = draw.choice([800, 1000, 1000])
                yield a_sale(
                    occurred_at=at,
                    merchant_id=merchant,
                    customer_id=None,
                    product_id=product,
                    channel=channel,
                    category=draw.choice([None] * 30 + ["cups"]),
                    quantity=draw.choice([1, 1, 2, 5, 0.5]),
                    unit_price_minor=price,
                    unit_price_base_minor=draw.choice([None, *[price] * 12]),
                    discount_minor=draw.choice([None, 50]),
                    event=draw.choice(["sale"] * 12 + ["return", "cancellation"]),
                    is_merchandise=draw.randrange(20) > 0,
                )


def _changed_sale(draw: random.Random) -> dict[str, Any]:
    return draw.choice(
        [
            {"quantity": 7, "channel": "shop"},
            {"event": "cancellation"},
            {"product_id": "p4", "category": None},
            {"is_merchandise": False},
        ]
    )


def _counts(draw: random.Random) -> Iterator[Row]:
    for merchant, product, location, every in (
        ("m1", "p1", "web", 9), ("m1", "p1", "warehouse", 70), ("m1", "p2", "web", 25),
        ("m1", "p3", "shop", 10), ("m2", "p1", "web", 150),
    ):  # fmt: skip
        for day in range(1, 480, every):
            for at in _moments(draw, day, 1):
                for batch in range(draw.choice([1, 1, 2])):
                    yield a_stock_level(
                        merchant_id=merchant,
                        product_id=product,
                        location=location,
                        on_hand=0 if location == "warehouse" else draw.choice([0, 0, 1, 4 + batch]),
                        counted_at=at,
                    )


def _movements(draw: random.Random) -> Iterator[Row]:
    for merchant, product, share in (("m1", "p1", 0.7), ("m1", "p2", 0.3), ("m2", "p1", 0.1)):
        for day in range(1, 480):
            if draw.random() > share:
                continue
            for at in _moments(draw, day, 2):
                movement = draw.choice(
                    ["sale", "sale", "receipt", "return", "write_off", "transfer"]
                )
                is_transfer = movement == "transfer"
                yield a_stock_movement(
                    merchant_id=merchant,
                    product_id=product,
                    location="warehouse" if is_transfer else draw.choice(["web", "web", "shop"]),
                    to_location=draw.choice(["web", "cellar"]) if is_transfer else None,
                    movement=movement,
                    quantity=draw.choice([1, 2]),
                    occurred_at=at,
                )


def _promotions(draw: random.Random) -> Iterator[Row]:
    for _ in range(40):
        merchant, product, channel, *_ = draw.choice(SERIES)
        announced = NOON - timedelta(days=draw.choice([*range(1, 12), *range(12, 400, 9)]))
        starts = (announced + draw.randrange(20) * DAY).date()
        yield a_promotion(
            merchant_id=merchant,
            product_id=product,
            channel=draw.choice([None, channel]),
            price_minor=draw.choice([500, 800]),
            price_base_minor=draw.choice([None, 500, 800]),
            announced_at=announced,
            starts_on=starts,
            ends_on=starts + draw.randrange(20) * DAY,
        )


def _changed_promotion(draw: random.Random) -> dict[str, Any]:
    return {"price_base_minor": draw.choice([300, 600])}


def _moments(draw: random.Random, day: int, count: int) -> list[datetime]:
    """Return instants of the day that lies so many days before noon; some are its midnight."""
    start = MIDNIGHT - day * DAY
    return [
        start + timedelta(minutes=draw.choice([0, *[draw.randrange(24 * 60)] * 9]))
        for _ in range(count)
    ]


def _products(draw: random.Random) -> Iterator[Row]:
    long_ago = NOON - 600 * DAY
    for merchant, product, *_ in {row[:2]: row for row in SERIES}.values():
        yield {
            "merchant_id": merchant, "product_id": product, "currency_code": "USD",
            "category": draw.choice(["tea", "pots"]), "department": "kitchen",
            "known_at": long_ago,
        }  # fmt: skip
    yield {
        "merchant_id": "m1", "product_id": "p3", "currency_code": "USD", "version": 2,
        "category": "gifts", "known_at": NOON - 40 * DAY,
    }  # fmt: skip
