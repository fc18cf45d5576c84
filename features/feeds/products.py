"""Products of a merchant: their categories, their cost and list price, and their supplier's terms.

A category on the line of a sale wins over that of its product.
"""

from __future__ import annotations

from features.feeds.admissions import Facts
from features.feeds.columns import ColumnKind, added, column
from features.feeds.declarations import Feed
from features.feeds.readers import CUSTOMER_SEGMENTS, CUSTOMER_VALUE, DEMAND_FORECAST, STOCK_PLAN

PRODUCTS = Feed(
    name="products",
    table="raw.products",
    columns=(
        column("merchant_id", ColumnKind.ID, required=True, key=True),
        column("product_id", ColumnKind.ID, required=True, key=True),
        column("name"),
        column("department"),
        column("category"),
        column("product_type"),
        column("unit_cost", ColumnKind.BALANCE, "unit_cost_minor"),
        column("list_price", ColumnKind.BALANCE, "list_price_minor"),
        column("currency", ColumnKind.CURRENCY, "currency_code", required=True),
        column("pack_size"),
        column("known_at", ColumnKind.INSTANT, "declared_known_at"),
        added(column("lead_time_days", ColumnKind.DAYS)),
        added(column("lead_time_sd_days", ColumnKind.DAYS)),
        added(column("minimum_order", ColumnKind.QUANTITY)),
        added(column("order_days", ColumnKind.WEEKDAYS)),
        added(column("shelf_life_days", ColumnKind.DAYS)),
    ),
    admission=Facts(first_known_at="landed.declared_known_at"),
    read_by=(CUSTOMER_SEGMENTS, CUSTOMER_VALUE, DEMAND_FORECAST, STOCK_PLAN),
)
