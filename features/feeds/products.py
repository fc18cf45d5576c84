"""Products of a merchant: their place in the tree of categories, their cost and list price.

A category on the line of a sale wins over that of its product.
"""

from __future__ import annotations

from features.feeds.admissions import Facts
from features.feeds.columns import ColumnKind, column
from features.feeds.declarations import Feed
from features.feeds.readers import CUSTOMER_SEGMENTS, CUSTOMER_VALUE

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
    ),
    admission=Facts(first_known_at="landed.declared_known_at"),
    read_by=(CUSTOMER_SEGMENTS, CUSTOMER_VALUE),
)
