"""Write the deliveries of two grocers: sales of guests, counts of stock, and a promotion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

DAY = timedelta(days=1)
#: The day of column 0 of the units, a Monday.
BEGINNING = datetime(2026, 1, 5, tzinfo=UTC)
LAST_DAY = 239
LIVE_DAYS = (LAST_DAY - 1, LAST_DAY)
SOURCE = "grocers"
PRODUCTS = 10
#: Days of a month without stock of the first product in the shop.
OUT = range(160, 170)
#: Days of the last weeks without stock of the fourth product in the shop.
OUT_OF_LATE = range(225, 228)
#: The day from which the new product sells.
NEW = 215
SALES = (
    *("merchant_id", "order_id", "line_no", "product_id", "category", "channel"),
    *("quantity", "unit_price", "currency", "occurred_at", "event", "is_merchandise"),
)
STOCK = ("stock_level_id", "merchant_id", "product_id", "location", "on_hand", "counted_at")
PROMOTIONS = (
    *("promotion_id", "merchant_id", "product_id", "channel", "price", "currency"),
    *("starts_on", "ends_on", "announced_at"),
)
_LINE_ID = "sale_line_id: {columns: [merchant_id, order_id, line_no]}"


def _feed(name: str, columns: Iterable[str], *more: str) -> str:
    mapped = ", ".join([*more, *(f"{column}: {column}" for column in columns)])
    return (
        f"  {name}:\n    formats: [csv]\n    columns: {{{mapped}}}\n"
        "    settle_seconds: 0\n    latency: 0s\n"
    )


DESCRIPTION = f"""
description: The sales and the stock of two grocers.
time_zone: null
decide_from: null
maturity_days: 7
provenance_rank: [chargeback]
feeds:
{_feed("promotions", PROMOTIONS)}{_feed("stock_levels", STOCK)}{_feed("sales", SALES, _LINE_ID)}"""


class Series(NamedTuple):
    """A product of a grocer in a channel."""

    merchant: str
    product: str
    channel: str


def series() -> list[Series]:
    """Return all series; the small grocer sells one product and names no channel."""
    large = [
        Series("large", f"p{product}", channel)
        for product in range(PRODUCTS)
        for channel in ("shop", "web")
    ]
    return [*large, Series("small", "p0", "")]


def units() -> NDArray[np.int64]:
    """Return the units of each series and day: [series, days]."""
    draw = np.random.default_rng(11)
    rates = np.array([6.0, 4.0, 5.0, 3.0, 0.3, 0.2, 8.0, 2.0, 0.5, 3.0])
    weekday = np.array([0.8, 0.8, 0.9, 1.0, 1.2, 1.6, 0.7])[np.arange(LAST_DAY + 1) % 7]
    rate = np.array([rates[int(each.product[1:])] for each in series()])[:, None] * weekday
    sold = draw.poisson(rate)
    for place, each in enumerate(series()):
        if each == Series("large", "p0", "shop"):
            sold[place, OUT] = 0
        if each == Series("large", "p3", "shop"):
            sold[place, OUT_OF_LATE] = 0
        if each.product == "p9":
            sold[place, :NEW] = 0
        if each.product == "p7":
            sold[place] *= draw.choice([0, 1, 12], LAST_DAY + 1, p=[0.3, 0.6, 0.1])
    return sold


def live_series(last: int) -> list[Series]:
    """Return the series with units up to a day."""
    sold = units()[:, : last + 1].any(axis=1)
    return [each for each, is_live in zip(series(), sold, strict=True) if is_live]


def day(number: int) -> datetime:
    """Return the begin of a day."""
    return BEGINNING + number * DAY


def sales(days: Iterable[int]) -> bytes:
    """Return the file of sales of some days."""
    return _file(SALES, _lines(set(days)))


def stock() -> bytes:
    """Return the history of counts: each morning, of the shop of the large grocer."""
    empty = {(0, number) for number in OUT} | {(3, number) for number in OUT_OF_LATE}
    counts = (
        f"c{product}-{number},large,p{product},shop,"
        f"{0 if (product, number) in empty else 500},{day(number).isoformat()}"
        for number in range(LIVE_DAYS[0])
        for product in range(PRODUCTS)
    )
    return _file(STOCK, counts)


def counts(number: int) -> bytes:
    """Return the counts of the morning of a live day: some of the large grocer run short."""
    last = number == LIVE_DAYS[-1]
    pieces = {
        ("p0", "shop"): 2 if last else 480,
        ("p1", "shop"): 400,
        ("p1", "web"): 1,
        ("p2", "shop"): 500,
    }
    lines = (
        f"{product}-{location}-{number},large,{product},{location},{on_hand},"
        f"{day(number).isoformat()}"
        for (product, location), on_hand in pieces.items()
    )
    return _file(STOCK, lines)


def promotions() -> bytes:
    """Return one promotion of ten days, which begins in three days of the first live night."""
    first, announced = day(LIVE_DAYS[0] + 3), day(LIVE_DAYS[0] - 20)
    return _file(
        PROMOTIONS,
        [
            f"r1,large,p1,web,1.50,USD,{first:%Y-%m-%d},{first + 9 * DAY:%Y-%m-%d},"
            f"{announced.isoformat()}"
        ],
    )


def _file(columns: Iterable[str], lines: Iterable[str]) -> bytes:
    return "\n".join([",".join(columns), *lines, ""]).encode()


def _lines(days: set[int]) -> Iterator[str]:
    sold = units()
    for place, number in np.argwhere(sold > 0).tolist():
        if number in days:
            merchant, product, channel = series()[place]
            at = (day(number) + timedelta(hours=11)).isoformat()
            category = "fruit" if int(product[1:]) < 5 else "bread"
            yield (
                f"{merchant},{place}-{number},1,{product},{category},{channel},"
                f"{sold[place, number]},2.00,USD,{at},sale,true"
            )
