"""Customers: their home and the day of their first account, from a day on.

The feed reads no name, no date of birth and no protected attribute of a person.
"""

from __future__ import annotations

from features.feeds.admissions import Facts
from features.feeds.columns import ColumnKind, column
from features.feeds.declarations import Feed
from features.feeds.leaks import Leak
from features.feeds.readers import TRANSACTION_SCORING
from features.feeds.rules import Pair

CUSTOMERS = Feed(
    name="customers",
    table="raw.customers",
    columns=(
        column("customer_id", ColumnKind.ID, required=True, key=True),
        column("valid_from", ColumnKind.INSTANT, "declared_valid_from", key=True),
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
    read_by=(TRANSACTION_SCORING,),
    never_reads=frozenset((Leak.PROTECTED, Leak.PERSONAL)),
    pairs=(Pair("latitude", "longitude"),),
)
