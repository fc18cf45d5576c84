"""Define the feeds that stores deliver, beside sales: columns in order, each with its kind."""

from __future__ import annotations

from features.synthesize.feed_shapes import PRODUCTS, FeedShape, Kind

#: Products of a plan with stores: the terms of the suppliers too.
STORE_PRODUCTS = FeedShape(
    "products",
    {
        **PRODUCTS.columns,
        "lead_time_days": Kind.NUMBER,
        "lead_time_sd_days": Kind.NUMBER,
        "minimum_order": Kind.INTEGER,
        "order_days": Kind.TEXT,
        "shelf_life_days": Kind.INTEGER,
    },
)
PROMOTIONS = FeedShape(
    "promotions",
    {
        "promotion_id": Kind.TEXT,
        "merchant_id": Kind.TEXT,
        "product_id": Kind.TEXT,
        "channel": Kind.TEXT,
        "price": Kind.NUMBER,
        "currency": Kind.TEXT,
        "starts_on": Kind.DATE,
        "ends_on": Kind.DATE,
        "announced_at": Kind.INSTANT,
    },
)
PURCHASE_ORDERS = FeedShape(
    "purchase_orders",
    {
        "purchase_order_id": Kind.TEXT,
        "merchant_id": Kind.TEXT,
        "product_id": Kind.TEXT,
        "destination": Kind.TEXT,
        "quantity": Kind.INTEGER,
        "ordered_at": Kind.INSTANT,
        "expected_at": Kind.INSTANT,
        "received_at": Kind.INSTANT,
    },
)
STOCK_MOVEMENTS = FeedShape(
    "stock_movements",
    {
        "stock_movement_id": Kind.TEXT,
        "merchant_id": Kind.TEXT,
        "product_id": Kind.TEXT,
        "location": Kind.TEXT,
        "movement": Kind.TEXT,
        "quantity": Kind.INTEGER,
        "to_location": Kind.TEXT,
        "occurred_at": Kind.INSTANT,
    },
)
STOCK_LEVELS = FeedShape(
    "stock_levels",
    {
        "stock_level_id": Kind.TEXT,
        "merchant_id": Kind.TEXT,
        "product_id": Kind.TEXT,
        "location": Kind.TEXT,
        "on_hand": Kind.INTEGER,
        "reserved": Kind.INTEGER,
        "expires_on": Kind.DATE,
        "counted_at": Kind.INSTANT,
    },
)
