"""Stock levels of a merchant: the pieces of a product that a count found at a location.

A location with the name of a channel holds the stock of that channel; another location, such as a
warehouse, serves all channels. The rows of a product at a location with one `counted_at` are one
count, and its batches add up.
"""

from __future__ import annotations

from features.feeds.admissions import Versions
from features.feeds.columns import ColumnKind, column
from features.feeds.declarations import Feed
from features.feeds.readers import DEMAND_FORECAST, STOCK_PLAN

STOCK_LEVELS = Feed(
    name="stock_levels",
    table="raw.stock_levels",
    columns=(
        column("stock_level_id", ColumnKind.ID, required=True, key=True),
        column("merchant_id", ColumnKind.ID, required=True),
        column("product_id", ColumnKind.ID, required=True),
        column("location", ColumnKind.ID, required=True),
        column("on_hand", ColumnKind.STOCK, required=True),
        column("reserved", ColumnKind.STOCK),
        column("expires_on", ColumnKind.DATE),
        column("counted_at", ColumnKind.INSTANT, required=True),
    ),
    admission=Versions(event="counted_at", table="raw.stock_levels"),
    read_by=(DEMAND_FORECAST, STOCK_PLAN),
)
