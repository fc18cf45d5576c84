"""Purchase orders of a merchant: one row for each line, and a next version when the pieces come.

A load of history may state `received_at` on the only version of a line. A reader of the past must
therefore ignore a `received_at` that lies after that past.
"""

from __future__ import annotations

from features.feeds.admissions import Versions
from features.feeds.columns import ColumnKind, column
from features.feeds.declarations import Feed
from features.feeds.readers import STOCK_PLAN
from features.feeds.rules import Ordering

PURCHASE_ORDERS = Feed(
    name="purchase_orders",
    table="raw.purchase_orders",
    columns=(
        column("purchase_order_id", ColumnKind.ID, required=True, key=True),
        column("merchant_id", ColumnKind.ID, required=True),
        column("product_id", ColumnKind.ID, required=True),
        column("destination", ColumnKind.ID, required=True),
        column("quantity", ColumnKind.QUANTITY, required=True),
        column("ordered_at", ColumnKind.INSTANT, required=True),
        column("expected_at", ColumnKind.EXPECTED),
        column("received_at", ColumnKind.INSTANT),
    ),
    admission=Versions(event="ordered_at", table="raw.purchase_orders"),
    orderings=(
        Ordering("ordered_at", "expected_at", "ordered_after_expected"),
        Ordering("ordered_at", "received_at", "ordered_after_received"),
    ),
    read_by=(STOCK_PLAN,),
)
