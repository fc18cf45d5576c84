"""Promotions of a merchant: another price of a product, in one channel or all, for some days.

A promotion counts for a forecast only from its announcement on, so a row that is delivered or
announced later changes no earlier night. A changed promotion is its next version.
"""

from __future__ import annotations

from features.feeds.admissions import Versions
from features.feeds.columns import ColumnKind, column
from features.feeds.declarations import Feed
from features.feeds.readers import DEMAND_FORECAST
from features.feeds.rules import Ordering

PROMOTIONS = Feed(
    name="promotions",
    table="raw.promotions",
    columns=(
        column("promotion_id", ColumnKind.ID, required=True, key=True),
        column("merchant_id", ColumnKind.ID, required=True),
        column("product_id", ColumnKind.ID, required=True),
        column("channel"),
        column("price", ColumnKind.BALANCE, "price_minor", required=True),
        column("currency", ColumnKind.CURRENCY, "currency_code", required=True),
        column("starts_on", ColumnKind.DATE, required=True),
        column("ends_on", ColumnKind.DATE, required=True),
        column("announced_at", ColumnKind.INSTANT, required=True),
    ),
    admission=Versions(event="announced_at", table="raw.promotions"),
    read_by=(DEMAND_FORECAST,),
    orderings=(Ordering("starts_on", "ends_on", "starts_after_end"),),
)
