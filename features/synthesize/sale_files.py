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
from features.synthesize.render import amounts, instants

_SUFFIXES = ("", "_r", "_c")  # of the document of an event: sale, return, cancellation
_POSTAGE_CODE = "POST"


def sales(seller: Seller, lines: Lines, merchant_id: str) -> pa.Table:
    """Return the feed of sales; every second merchant states no category in its lines."""
    count = len(lines)
    goods = lines.product != POSTAGE
    states_category = goods & (seller.number % 2 == 0)
    category = seller.catalogue.category[np.maximum(lines.product, 0)]
    columns = {
        "merchant_id": _constant(merchant_id, count),
        "order_id": documents(seller.number, lines),
        "line_no": _numbers(lines.line),
        "customer_id": _masked(
            identifiers.customer_ids(seller.shoppers.customer[lines.buyer]), ~lines.is_named
        ),
        "product_id": pc.if_else(
            pa.array(goods), product_ids(seller.number, lines.product), _POSTAGE_CODE
        ),
        "category": _masked(_named(seller.catalogue.names, category), ~states_category),
        "channel": _named(CHANNELS, lines.channel),
        "quantity": _numbers(lines.quantity),
        "unit_price": _money(lines.price),
        "discount": _money(lines.discount),
        "currency": _constant(currencies.BASE, count),
        "occurred_at": instants(lines.at),
        "event": pa.array([event.name.lower() for event in Event]).take(pa.array(lines.event)),
        "is_merchandise": _named(("false", "true"), goods.astype(np.int64)),
    }
    return pa.table(columns, schema=SALES.schema)


def products(seller: Seller, merchant_id: str) -> pa.Table:
    """Return the feed of products; a merchant knows them before its first sale."""
    goods, count = seller.catalogue, len(seller.catalogue)
    number = np.arange(count)
    kinds = _kinds(goods)
    columns = {
        "merchant_id": _constant(merchant_id, count),
        "product_id": product_ids(seller.number, number),
        "name": pc.binary_join_element_wise(kinds, _numbers(number), " no "),
        "department": _named(goods.departments, goods.category),
        "category": _named(goods.names, goods.category),
        "product_type": kinds,
        "unit_cost": _money(goods.cost),
        "list_price": _money(goods.price),
        "currency": _constant(currencies.BASE, count),
        "pack_size": _numbers(goods.pack),
        "known_at": instants(np.full(count, epoch_ms(seller.plan.sales_start), np.int64)),
    }
    return pa.table(columns, schema=PRODUCTS.schema)


def order_ids(number: int, lines: Lines) -> pa.Array:
    """Return ids of merchant, day and index; no digit run is as long as a card number."""
    return pc.binary_join_element_wise(
        f"so{number}", _numbers(lines.day), _numbers(lines.order), "_"
    )


def documents(number: int, lines: Lines) -> pa.Array:
    """Return the id of the order, or of the note that takes lines of an order back."""
    suffixes = pa.array(_SUFFIXES).take(pa.array(lines.event))
    return pc.binary_join_element_wise(order_ids(number, lines), suffixes, "")


def product_ids(number: int, product: I64) -> pa.Array:
    """Return the ids of products."""
    return pc.binary_join_element_wise(f"p{number}", _numbers(product), "_")


def _kinds(goods: Catalogue) -> pa.Array:
    names = [kind for pair in goods.types for kind in pair]
    return _named(tuple(names), goods.category * 2 + goods.kind)


def _money(cents: I64) -> pa.Array:
    usd = np.full(len(cents), currencies.INDEX[currencies.BASE], np.int64)
    return amounts(cents, usd)


def _masked(values: pa.Array, missing: np.ndarray) -> pa.Array:
    return pc.if_else(pa.array(missing), pa.scalar(None, pa.string()), values)


def _constant(value: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, pa.string()), count)


def _named(names: tuple[str, ...], index: I64) -> pa.Array:
    return pa.array(names, pa.string()).take(pa.array(index))


def _numbers(values: I64) -> pa.Array:
    return pc.cast(pa.array(values), pa.string())
