"""Deliver a generated store to raw tables: sales of days, promotions, counts and products."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from features.synthesize.stores import world as worlds
from features.synthesize.stores.assortment import CHANNELS
from features.synthesize.stores.world import World
from scoring.pricing.quality import protocol
from tests.builders import a_sale, insert_events, insert_facts, insert_sales
from tests.conftest import Db

STORE = "store"
DAYS = 420
DAY = timedelta(days=1)
_FULL = 1000  # pieces that last until the next count


def a_world(products: int = 64, days: int = DAYS) -> World:
    """Return one store with known elasticity and uplift of each category."""
    return worlds.make(replace(protocol.plan(stores=1, products=products), sales_days=days))


def moment(world: World, day: int) -> datetime:
    """Return the begin of a day of the world, counted from its first."""
    return datetime(1970, 1, 1, tzinfo=UTC) + (world.days.first + day) * DAY


def as_of(world: World) -> datetime:
    """Return the moment at which the last day of the world is known."""
    return moment(world, world.days.count)


def deliver(db: Db, world: World) -> None:
    """Insert all rows of the store, each known as soon as it happened."""
    insert_facts(db, "products", [*_products(world)])
    insert_events(db, "promotions", "announced_at", [*_promotions(world)])
    insert_events(db, "stock_levels", "counted_at", [*_counts(world)])
    insert_sales(db, [*_sales(world)])


def product(number: int) -> str:
    """Return the id of a product."""
    return f"p{number}"


def _products(world: World) -> Iterator[dict[str, Any]]:
    for number, category in enumerate(world.products.category.tolist()):
        entry = world.assortment.categories[category]
        yield {
            "merchant_id": STORE,
            "product_id": product(number),
            "department": entry.department,
            "category": entry.name,
            "currency_code": "USD",
            "known_at": moment(world, 0),
        }


def _sales(world: World) -> Iterator[dict[str, Any]]:
    """Yield one line per series and day with sales, without a category."""
    for series, day in np.argwhere(world.units > 0).tolist():
        yield a_sale(
            merchant_id=STORE,
            product_id=product(world.series.product[series]),
            channel=CHANNELS[world.series.channel[series]],
            category=None,
            customer_id=None,
            quantity=int(world.units[series, day]),
            unit_price_minor=round(100 * world.price[series, day]),
            occurred_at=moment(world, day) + DAY / 2,
            is_history=True,
        )


def _promotions(world: World) -> Iterator[dict[str, Any]]:
    offers = world.promotions
    for number in range(len(offers)):
        channel = int(offers.channel[number])
        announced = moment(world, int(offers.announced[number]) - world.days.first)
        yield {
            "promotion_id": f"r{number}",
            "version": 1,
            "announced_at": announced,
            "known_at": announced,
            "is_history": True,
            "merchant_id": STORE,
            "product_id": product(offers.product[number]),
            "channel": CHANNELS[channel] if channel < len(CHANNELS) else None,
            "price_minor": int(offers.price[number]),
            "price_base_minor": int(offers.price[number]),
            "currency_code": "USD",
            "starts_on": moment(world, int(offers.first[number]) - world.days.first).date(),
            "ends_on": moment(world, int(offers.last[number]) - world.days.first).date(),
        }


def _counts(world: World) -> Iterator[dict[str, Any]]:
    """Yield a count at each begin of a day at which the stock of a series runs out or comes back.

    A day with stock for a part of it counts as a day without: its units are missing either way.
    """
    is_out = world.stock_share < 1
    changes = np.diff(is_out, axis=1, prepend=~is_out[:, :1])
    for series, day in np.argwhere(changes).tolist():
        yield {
            "stock_level_id": f"c{series}-{day}",
            "version": 1,
            "counted_at": moment(world, day),
            "known_at": moment(world, day),
            "is_history": True,
            "merchant_id": STORE,
            "product_id": product(world.series.product[series]),
            "location": CHANNELS[world.series.channel[series]],
            "on_hand": 0 if is_out[series, day] else _FULL,
        }
