"""Add expectations to the gate on stock, purchase orders and promotions; see `raw_suites`."""

from __future__ import annotations

from typing import Any

from expectations import raw
from expectations import vocabulary as say
from features.feeds.stock_movements import MOVEMENTS

_PIECES = (0, 10_000_000)  # the limit of ingest: seven digits


def promotions(rows: int) -> list[Any]:
    """Return further expectations for a delivery of promotions.

    Args:
        rows: rows of the delivery. A delivery with few rows has no check of spread.
    """
    return [
        raw.within(
            "price_minor",
            (0, raw.MAX_AMOUNT_MINOR),
            "Prices must stay exact and inside a bigint, in the base currency too.",
        ),
        *(
            raw.within(
                column,
                (raw.EARLIEST.date(), raw.LATEST.date()),
                "A placeholder date makes a promotion of all days.",
            )
            for column in ("starts_on", "ends_on")
        ),
        *raw.varying("price_minor", rows),
    ]


def purchase_orders(rows: int) -> list[Any]:  # noqa: ARG001 - one shape for all feeds
    """Return further expectations for a delivery of purchase orders."""
    return [raw.within("quantity", _PIECES, "On order is what proposals are netted against.")]


def stock_movements(rows: int) -> list[Any]:  # noqa: ARG001 - one shape for all feeds
    """Return further expectations for a delivery of stock movements."""
    return [
        raw.within("quantity", _PIECES, "Stock is reconciled by the sum of its movements."),
        say.ExpectValuesAmong(
            column="movement",
            value_set=list(MOVEMENTS),
            severity="critical",
            notes="Stock is reconciled by the direction of each movement.",
        ),
    ]


def stock_levels(rows: int) -> list[Any]:  # noqa: ARG001 - one shape for all feeds
    """Return further expectations for a delivery of stock levels."""
    return [
        *(
            raw.within(column, _PIECES, "No place holds fewer than no pieces.")
            for column in ("on_hand", "reserved")
        ),
        say.ExpectValuesNotAmong(
            column="on_hand",
            value_set=[0],
            mostly=0.2,
            severity="warning",
            notes="Nearly every product is out of stock: is the column of pieces mapped rightly?",
        ),
    ]
