"""Render sales and products as text, column by column."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.synthesize import currencies, identifiers
from features.synthesize.calendar import epoch_ms
from features.synthesize.catalogue import Catalogue
from features.synthesize.feed_shapes import PRODUCTS, SALES
from features.synthesize.orders import CHANNELS, POSTAGE, Event, Lines, Seller
from features.synthesize.randomness import I64
from features.synthesize.render import instants
from features.synthesize.texts import constant, joined, masked, money, named, numbers

_SUFFIXES = ("", "_r", "_c")  # of the document of an event: sale, return, cancellation
_POSTAGE_CODE = "POST"


def sales(seller: Seller, lines: Lines, merchant_id: str) -> pa.Table:
    """Return the feed of sales; every second merchant states no category in its lines."""
    count = len(lines)
    goods = lines.product != POSTAGE
    states_category = goods & (seller.number % 2 == 0)
    category = seller.catalogue.category[np.maximum(lines.product, 0)]
    columns = {
        "merchant_id": constant(merchant_id, count),
        "order_id": documents(seller.number, lines),
        "line_no": numbers(lines.line),
        "customer_id": masked(
            identifiers.customer_ids(seller.shoppers.customer[lines.buyer]), ~lines.is_named
        ),
        "product_id": pc.if_else(
            pa.array(goods), product_ids(seller.number, lines.product), _POSTAGE_CODE
        ),
        "category": masked(named(seller.catalogue.names, category), ~states_category),
        "channel": named(CHANNELS, lines.channel),
        "quantity": numbers(lines.quantity),
        "unit_price": money(lines.price),
        "discount": money(lines.discount),
        "currency": constant(currencies.BASE, count),
        "occurred_at": instants(lines.at),
        "event": pa.array([event.name.lower() for event in Event]).take(pa.array(lines.event)),
        "is_merchandise": named(("false", "true"), goods.astype(np.int64)),
    }
    return pa.table(columns, schema=SALES.schema)


def products(seller: Seller, merchant_id: str) -> pa.Table:
    """Return the feed of products; a merchant knows them before its first sale."""
    goods, count = seller.catalogue, len(seller.catalogue)
    number = np.arange(count)
    kinds = _kinds(goods)
    columns = {
        "merchant_id": constant(merchant_id, count),
        "product_id": product_ids(seller.number, number),
        "name": pc.binary_join_element_wise(kinds, numbers(number), " no "),
        "department": named(goods.departments, goods.category),
        "category": named(goods.names, goods.category),
        "product_type": kinds,
        "unit_cost": money(goods.cost),
        "list_price": money(goods.price),
        "currency": constant(currencies.BASE, count),
        "pack_size": numbers(goods.pack),
        "known_at": instants(np.full(count, epoch_ms(seller.plan.sales_start), np.int64)),
    }
    return pa.table(columns, schema=PRODUCTS.schema)


def order_ids(number: int, lines: Lines) -> pa.Array:
    """Return ids of merchant, day and index; no digit run is as long as a card number."""
    return joined(f"so{number}", numbers(lines.day), numbers(lines.order))


def documents(number: int, lines: Lines) -> pa.Array:
    """Return the id of the order, or of the note that takes lines of an order back."""
    suffixes = pa.array(_SUFFIXES).take(pa.array(lines.event))
    return pc.binary_join_element_wise(order_ids(number, lines), suffixes, "")


def product_ids(number: int, product: I64) -> pa.Array:
    """Return the ids of products."""
    return joined(f"p{number}", numbers(product))


def _kinds(goods: Catalogue) -> pa.Array:
    names = [kind for pair in goods.types for kind in pair]
    return named(tuple(names), goods.category * 2 + goods.kind)
