"""The feeds: one file per feed, with all that the platform must know of its rows.

A new feed is a file in this folder and a line in `FEEDS`. Its raw table comes with a migration.
"""

from __future__ import annotations

from features.feeds.applicant_attributes import APPLICANT_ATTRIBUTES
from features.feeds.application_labels import APPLICATION_LABELS
from features.feeds.applications import APPLICATIONS
from features.feeds.columns import Column, ColumnKind
from features.feeds.customers import CUSTOMERS
from features.feeds.declarations import Feed, LoadKind
from features.feeds.fx_rates import FX_RATES
from features.feeds.merchants import MERCHANTS
from features.feeds.places import PLACES
from features.feeds.products import PRODUCTS
from features.feeds.promotions import PROMOTIONS
from features.feeds.purchase_orders import PURCHASE_ORDERS
from features.feeds.sales import SALES
from features.feeds.stock_levels import STOCK_LEVELS
from features.feeds.stock_movements import STOCK_MOVEMENTS
from features.feeds.transaction_labels import TRANSACTION_LABELS
from features.feeds.transactions import TRANSACTIONS

__all__ = [
    "FEEDS",
    "Column",
    "ColumnKind",
    "Feed",
    "LoadKind",
    "label_columns",
    "sharing_tables",
]

#: Feeds by name, in the order of their admission: rates, places, merchants, customers and products
#: before the rows that need them, rows before their labels, and sales after all else of a merchant,
#: because they close the night.
FEEDS: dict[str, Feed] = {
    feed.name: feed
    for feed in (
        FX_RATES,
        PLACES,
        MERCHANTS,
        CUSTOMERS,
        PRODUCTS,
        TRANSACTIONS,
        TRANSACTION_LABELS,
        PROMOTIONS,
        PURCHASE_ORDERS,
        STOCK_MOVEMENTS,
        STOCK_LEVELS,
        SALES,
        APPLICATIONS,
        APPLICATION_LABELS,
        APPLICANT_ATTRIBUTES,
    )
}


def sharing_tables(name: str) -> tuple[str, ...]:
    """Return the names of the feeds that fill a table which the named feed fills, itself included.

    Transactions may carry labels, so they share a table with the feed of their labels.
    """
    return tuple(feed.name for feed in FEEDS.values() if feed.tables & FEEDS[name].tables)


def label_columns(labels: Feed) -> tuple[str, ...]:
    """Return the landed columns that hold a label of a feed whose labels other feeds may carry.

    A feed of labels that no other feed carries has none.
    """
    inline = [feed.inline_labels for feed in FEEDS.values() if feed.inline_labels]
    return tuple(
        name
        for carried in inline
        if carried.feed.name == labels.name
        for name in (carried.column.target, carried.stated.target)
    )
