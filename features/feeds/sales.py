"""Sales of a merchant: one row for each line of an order, corrected at times, and never deleted.

A quantity is positive in the raw table. The event keeps the direction: a sale brings revenue, a
return and a cancellation take it back. A line without a customer belongs to a guest.
"""

from __future__ import annotations

from features.feeds.admissions import Versions
from features.feeds.columns import ColumnKind, column
from features.feeds.declarations import Feed
from features.feeds.readers import CUSTOMER_SEGMENTS, CUSTOMER_VALUE, DEMAND_FORECAST, STOCK_PLAN
from features.feeds.rules import Pair, Product

#: A return gives goods back. A cancellation takes an order back before it is delivered.
SALE, RETURN, CANCELLATION = EVENTS = ("sale", "return", "cancellation")

SALES = Feed(
    name="sales",
    table="raw.sales",
    columns=(
        column("sale_line_id", ColumnKind.ID, required=True, key=True),
        column("merchant_id", ColumnKind.ID, required=True),
        column("order_id", ColumnKind.ID, required=True),
        column("line_no", ColumnKind.INTEGER),
        column("customer_id", ColumnKind.ID),
        column("product_id", ColumnKind.ID, required=True),
        column("category"),
        column("channel"),
        column("quantity", ColumnKind.QUANTITY, required=True),
        column("unit_price", ColumnKind.BALANCE, "unit_price_minor"),
        column("amount", ColumnKind.BALANCE, "amount_minor"),
        column("discount", ColumnKind.BALANCE, "discount_minor"),
        column("currency", ColumnKind.CURRENCY, "currency_code", required=True),
        column("occurred_at", ColumnKind.INSTANT, required=True),
        column("event", ColumnKind.EVENT, filled=True),
        column("is_merchandise", ColumnKind.FLAG, required=True),
    ),
    admission=Versions(event="occurred_at", table="raw.sales"),
    read_by=(CUSTOMER_SEGMENTS, CUSTOMER_VALUE, DEMAND_FORECAST, STOCK_PLAN),
    choices=(Pair("unit_price", "amount", "missing_value"),),
    product=Product("amount", "quantity", "unit_price"),
)
