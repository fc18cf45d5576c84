"""Merchants: their category and their place, from a day on.

A row gives a transaction what it lacks. A value on the transaction wins.
"""

from __future__ import annotations

from features.feeds.admissions import Facts
from features.feeds.columns import ColumnKind, column
from features.feeds.declarations import Feed
from features.feeds.readers import CUSTOMER_JOBS, TRANSACTION_SCORING
from features.feeds.rules import Pair

MERCHANTS = Feed(
    name="merchants",
    table="raw.merchants",
    columns=(
        column("merchant_id", ColumnKind.ID, required=True, key=True),
        column("valid_from", ColumnKind.INSTANT, "declared_valid_from", key=True),
        column("category"),
        column("location", ColumnKind.PLACE, "location_code"),
        column("latitude", ColumnKind.LATITUDE),
        column("longitude", ColumnKind.LONGITUDE),
        column("opened_on", ColumnKind.PAST_DATE),
        column("known_at", ColumnKind.INSTANT, "declared_known_at"),
    ),
    admission=Facts(
        first_known_at="landed.declared_known_at, landed.declared_valid_from",
        period="valid_from",
    ),
    read_by=(TRANSACTION_SCORING, *CUSTOMER_JOBS),
    pairs=(Pair("latitude", "longitude"),),
)
