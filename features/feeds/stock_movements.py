"""Stock movements of a merchant: pieces that came to a location, left it, or went to another.

A quantity is positive in the raw table. The movement keeps the direction: a receipt and a return
bring pieces, a sale and a write-off take them, a transfer takes them to `to_location`.
"""

from __future__ import annotations

from features.feeds.admissions import Versions
from features.feeds.columns import ColumnKind, column
from features.feeds.declarations import Feed
from features.feeds.readers import DEMAND_FORECAST, STOCK_PLAN
from features.feeds.rules import Companion, Pair

RECEIPT, SALE, RETURN, TRANSFER, WRITE_OFF = MOVEMENTS = (
    *("receipt", "sale", "return", "transfer", "write_off"),
)
#: The movements after which a location has more pieces, and those after which it has fewer.
INCOMING, OUTGOING = frozenset((RECEIPT, RETURN)), frozenset((SALE, WRITE_OFF, TRANSFER))

STOCK_MOVEMENTS = Feed(
    name="stock_movements",
    table="raw.stock_movements",
    columns=(
        column("stock_movement_id", ColumnKind.ID, required=True, key=True),
        column("merchant_id", ColumnKind.ID, required=True),
        column("product_id", ColumnKind.ID, required=True),
        column("location", ColumnKind.ID, required=True),
        column("movement", ColumnKind.MOVEMENT, required=True),
        column("quantity", ColumnKind.QUANTITY, required=True),
        column("to_location", ColumnKind.ID),
        column("occurred_at", ColumnKind.INSTANT, required=True),
    ),
    admission=Versions(event="occurred_at", table="raw.stock_movements"),
    read_by=(DEMAND_FORECAST, STOCK_PLAN),
    companions=(
        Companion(
            "to_location",
            "movement",
            frozenset((TRANSFER,)),
            "transfer_without_destination",
            "destination_without_transfer",
        ),
    ),
    distinct=(Pair("to_location", "location", "transfer_to_itself"),),
)
