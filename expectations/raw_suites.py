"""Derive the gate on a parsed delivery, before any of its rows is admitted, from its feed.

The parser has checked every single row and quarantined the bad ones. This gate checks the delivery
as a whole: the remaining rows must be usable, and must not look like a file with wrongly mapped
columns. A suite reads one table of `landed`. Most of it follows from the declaration of the feed; a
feed may add expectations of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import great_expectations as gx

from expectations import raw, raw_applications, raw_stock, raw_transactions
from features.feeds import FEEDS, Column, ColumnKind, Feed
from features.feeds.columns import TIMED

#: The expectations of a feed beyond those that follow from its declaration.
_FURTHER: Mapping[str, Callable[[int], list[Any]]] = {
    "transactions": raw_transactions.transactions,
    "transaction_labels": raw_transactions.transaction_labels,
    "fx_rates": raw_transactions.fx_rates,
    "promotions": raw_stock.promotions,
    "purchase_orders": raw_stock.purchase_orders,
    "stock_movements": raw_stock.stock_movements,
    "stock_levels": raw_stock.stock_levels,
    "applications": raw_applications.applications,
    "application_labels": raw_applications.application_labels,
}


def of_feed(name: str, rows: int) -> gx.ExpectationSuite:
    """Return the suite of a feed for a delivery with this number of rows."""
    feed, further = FEEDS[name], _FURTHER.get(name)
    identifiers = [column.target for column in feed.columns if _is_identifier(feed, column)]
    filled = [column.target for column in feed.columns if column.is_filled]
    times = [column.target for column in feed.columns if column.kind in TIMED]
    return gx.ExpectationSuite(
        name=str(feed.suite),
        expectations=[
            raw.columns("row_number", *feed.targets),
            *raw.keys(*identifiers),
            *raw.present("row_number", *(name for name in filled if name not in identifiers)),
            *map(raw.dated, times),
            *(further(rows) if further else ()),
        ],
    )


def _is_identifier(feed: Feed, column: Column) -> bool:
    return column == feed.subject or (column.kind is ColumnKind.ID and column.is_filled)
