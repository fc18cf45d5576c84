"""Declares the features of a merchant's product on one night, in the order of a matrix.

A night describes a UTC day D, known whole. The stock is that at the end of D. A place is a location
with a count or a movement of the product. Its stock is the newest count and the movements since.
The look-back is the 420 days that end with D. Units are the pieces sold less those cancelled, over
all channels. A feature of n days covers the n days that end with D.

Arrays beside the features hold the stock of each counted place, the channels with units, the open
purchase orders and the batches with a date. Days ahead are counted from D: the day after D is 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from features.views.declarations import Feature, amount, count, number, share

#: The columns of the arrays, and of the supplier's calendar. Arrays without a member are empty.
STOCK_ARRAYS = (
    "locations",
    "location_on_hand",
    "location_reserved",
    "channels",
    "inbound_units",
    "inbound_due",
    "batch_units",
    "batch_expires",
    "order_days",
)


def stock_features() -> Iterator[Feature]:
    """Yield every feature of the stock view."""
    yield from _pieces()
    yield from _inbound()
    yield from _times()
    yield from _sales()
    yield from _prices()
    yield from _supplier()


def _positive(
    name: str, characteristic: str, text: str, buyer: str, *, required: bool = False
) -> Feature:
    """Declare a number, at least 0."""
    return replace(number(name, characteristic, text, buyer, 0, None), required=required)


def _pieces() -> Iterator[Feature]:
    yield count(
        "night_day", "time of the year", "Days from 1970-01-01 to the day", "The time of the year"
    )
    yield number(
        "on_hand", "stock", "Pieces at all counted places; negative where they contradict a count",
        "Your stock",
    )  # fmt: skip
    yield _positive(
        "reserved", "stock", "Pieces that are promised, by the newest counts", "Your reservations"
    )
    yield count(
        "counted_age_days", "counts of stock",
        "Days from the oldest of the newest counts of the places to the day",
        "The time since your last count", required=False,
    )  # fmt: skip
    yield count("counted_places", "counts of stock", "Places with a count", "Your counts")
    yield count(
        "uncounted_places", "counts of stock", "Places with a movement and without a count",
        "Your counts",
    )  # fmt: skip


def _inbound() -> Iterator[Feature]:
    yield _positive(
        "inbound_total", "deliveries under way", "Pieces ordered and not received",
        "Your orders at suppliers", required=True,
    )  # fmt: skip
    yield _positive(
        "overdue_units", "deliveries under way", "Pieces of them that were due by the day",
        "Your overdue orders", required=True,
    )  # fmt: skip


def _times() -> Iterator[Feature]:
    yield count(
        "days_since_sale", "time since the last sale",
        "Days from the last day with units to the day", "The time since the last sale",
        required=False,
    )  # fmt: skip
    yield count(
        "age_days", "age of the product",
        "Days from the first day with units, a count or a movement in the look-back to the day",
        "The time since the product is known", required=False,
    )  # fmt: skip


def _sales() -> Iterator[Feature]:
    for days in (28, 364):
        yield _positive(
            f"units_{days}", "level of demand",
            f"Mean units of {days} days, at most of the days of its age", "The usual sales",
            required=True,
        )  # fmt: skip
    yield _positive(
        "weekly_variation", "pattern of demand",
        "Standard deviation over mean of the units of the last 13 whole weeks without a day "
        "that had no stock; two weeks at least", "How even the sales are",
    )  # fmt: skip
    yield number(
        "value_364", "value of the product",
        "Margin of the units of 364 days; turnover without a cost", "The value of the product",
    )  # fmt: skip
    yield replace(
        share(
            "value_share_above", "value of the product",
            "Share of the merchant's value in products of greater value",
            "The value of the product",
        ),
        required=True,
    )  # fmt: skip


def _prices() -> Iterator[Feature]:
    yield amount("unit_cost", "cost and price", "Cost of a piece", "The cost")
    yield number("unit_margin", "cost and price", "Price of a piece less its cost", "The margin")
    yield amount(
        "unit_price", "cost and price",
        "Mean net price of a piece of 28 days, otherwise of 364 days, otherwise the list price",
        "The price",
    )  # fmt: skip


def _supplier() -> Iterator[Feature]:
    for name, text in (
        ("lead_time_days", "Days from an order to its delivery, on average"),
        ("lead_time_sd_days", "Standard deviation of these days"),
        ("minimum_order", "The least pieces of an order"),
        ("pack_units", "Pieces of a pack, where the pack size is a number"),
        ("shelf_life_days", "Days for which the product may be sold"),
    ):
        yield _positive(name, "supplier", text, "Your supplier's terms")
