"""Render the feeds of the stores as text, column by column."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from features.synthesize import currencies
from features.synthesize.calendar import DAY_MS, epoch_ms
from features.synthesize.feed_shapes import SALES
from features.synthesize.randomness import F64, I64
from features.synthesize.render import instants
from features.synthesize.stores.assortment import CHANNELS
from features.synthesize.stores.clock import ANNOUNCED_MS
from features.synthesize.stores.counts import Batches
from features.synthesize.stores.feed_shapes import (
    PROMOTIONS,
    PURCHASE_ORDERS,
    STOCK_LEVELS,
    STOCK_MOVEMENTS,
    STORE_PRODUCTS,
)
from features.synthesize.stores.lines import Lines
from features.synthesize.stores.movements import NOWHERE, Movement, Movements
from features.synthesize.stores.names import Names
from features.synthesize.stores.promotions import ALL_CHANNELS, Promotions
from features.synthesize.stores.supplies import WITHOUT_ORDER, Orders
from features.synthesize.stores.world import World
from features.synthesize.texts import constant, dates, joined, masked, money, named, numbers

_LISTED_DAYS = 14  # that a merchant knows a new product before its first sale


def sales(names: Names, lines: Lines) -> pa.Table:
    """Return the feed of sales; a promotion is a discount on the regular price."""
    world, count = names.world, len(lines)
    product = world.series.product[lines.series]
    regular = _cents(world.regular_price[lines.series, lines.day])
    paid = _cents(world.price[lines.series, lines.day])
    category = world.products.category[product]
    columns = {
        "merchant_id": names.merchants(product),
        "order_id": names.sales(lines),
        "line_no": constant("1", count),
        "customer_id": pa.nulls(count, pa.string()),
        "product_id": names.products(product),
        "category": named(_categories(world), category),
        "channel": named(CHANNELS, world.series.channel[lines.series]),
        "quantity": numbers(lines.quantity),
        "unit_price": money(regular),
        "discount": money((regular - paid) * lines.quantity),
        "currency": constant(currencies.BASE, count),
        "occurred_at": instants(lines.at),
        "event": constant("sale", count),
        "is_merchandise": constant("true", count),
    }
    return pa.table(columns, schema=SALES.schema)


def sold(names: Names, lines: Lines) -> pa.Table:
    """Return the movements of stock of sales."""
    pool = names.world.pools.of_series[lines.series]
    product = names.world.pools.product[pool]
    columns = {
        "stock_movement_id": joined("mv", names.sales(lines)),
        "merchant_id": names.merchants(product),
        "product_id": names.products(product),
        "location": names.locations(pool),
        "movement": constant("sale", len(lines)),
        "quantity": numbers(lines.quantity),
        "to_location": pa.nulls(len(lines), pa.string()),
        "occurred_at": instants(lines.at),
    }
    return pa.table(columns, schema=STOCK_MOVEMENTS.schema)


def moved(names: Names, movements: Movements) -> pa.Table:
    """Return the other movements of stock."""
    product = names.world.pools.product[movements.pool]
    kinds = tuple(kind.name.lower() for kind in Movement)
    day = np.maximum(movements.key, WITHOUT_ORDER)
    columns = {
        "stock_movement_id": joined(
            "mv", numbers(movements.kind), names.of_pools("", day, movements.pool)
        ),
        "merchant_id": names.merchants(product),
        "product_id": names.products(product),
        "location": names.locations(movements.pool),
        "movement": named(kinds, movements.kind),
        "quantity": numbers(movements.quantity),
        "to_location": masked(names.locations(movements.to_pool), movements.to_pool == NOWHERE),
        "occurred_at": instants(movements.at),
    }
    return pa.table(columns, schema=STOCK_MOVEMENTS.schema)


def orders(names: Names, placed: Orders, known_ms: int) -> pa.Table:
    """Return purchase orders as they are known before a moment."""
    product = names.world.pools.product[placed.pool]
    columns = {
        "purchase_order_id": names.of_pools("po", placed.day, placed.pool),
        "merchant_id": names.merchants(product),
        "product_id": names.products(product),
        "destination": names.locations(placed.pool),
        "quantity": numbers(placed.quantity),
        "ordered_at": instants(placed.ordered_at),
        "expected_at": instants(placed.expected_at),
        "received_at": masked(instants(placed.received_at), placed.received_at >= known_ms),
    }
    return pa.table(columns, schema=PURCHASE_ORDERS.schema)


def counts(names: Names, batches: Batches) -> pa.Table:
    """Return the counts of stock."""
    product = names.world.pools.product[batches.pool]
    columns = {
        "stock_level_id": joined(
            names.of_pools("ct", batches.day, batches.pool), numbers(batches.batch)
        ),
        "merchant_id": names.merchants(product),
        "product_id": names.products(product),
        "location": names.locations(batches.pool),
        "on_hand": numbers(batches.on_hand),
        "reserved": masked(numbers(batches.reserved), batches.reserved == 0),
        "expires_on": masked(dates(batches.expires), ~batches.has_expiry),
        "counted_at": instants(batches.counted_at),
    }
    return pa.table(columns, schema=STOCK_LEVELS.schema)


def promotions(names: Names, offers: Promotions) -> pa.Table:
    """Return promotions."""
    columns = {
        "promotion_id": joined("pr", numbers(offers.cycle), numbers(offers.product)),
        "merchant_id": names.merchants(offers.product),
        "product_id": names.products(offers.product),
        "channel": masked(named((*CHANNELS, ""), offers.channel), offers.channel == ALL_CHANNELS),
        "price": money(offers.price),
        "currency": constant(currencies.BASE, len(offers)),
        "starts_on": dates(offers.first),
        "ends_on": dates(offers.last),
        "announced_at": instants(offers.announced * DAY_MS + ANNOUNCED_MS),
    }
    return pa.table(columns, schema=PROMOTIONS.schema)


def products(names: Names) -> pa.Table:
    """Return all products with the terms of their suppliers."""
    world, goods = names.world, names.world.products
    number, categories = np.arange(len(goods)), world.assortment.categories
    kinds = named(
        tuple(kind for entry in categories for kind in entry.types), goods.category * 2 + goods.kind
    )
    start = epoch_ms(world.plan.sales_start)
    known_at = np.maximum((goods.born - _LISTED_DAYS) * DAY_MS, start)
    order_days = world.assortment.supply.order_days
    is_daily = np.array([not text for text in order_days])[goods.order_text]
    columns = {
        "merchant_id": names.merchants(number),
        "product_id": names.products(number),
        "name": joined(kinds, numbers(goods.number)),
        "department": named(tuple(entry.department for entry in categories), goods.category),
        "category": named(_categories(world), goods.category),
        "product_type": kinds,
        "unit_cost": money(goods.cost),
        "list_price": money(goods.price),
        "currency": constant(currencies.BASE, len(goods)),
        "pack_size": numbers(goods.pack),
        "known_at": instants(known_at),
        "lead_time_days": numbers(goods.lead_time),
        "lead_time_sd_days": numbers(goods.lead_time_sd),
        "minimum_order": numbers(goods.minimum_order),
        "order_days": masked(named(order_days, goods.order_text), is_daily),
        "shelf_life_days": masked(numbers(goods.shelf_life), goods.shelf_life == 0),
    }
    return pa.table(columns, schema=STORE_PRODUCTS.schema)


def _categories(world: World) -> tuple[str, ...]:
    return tuple(entry.name for entry in world.assortment.categories)


def _cents(dollars: F64) -> I64:
    return np.rint(dollars * 100).astype(np.int64)
