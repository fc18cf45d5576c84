"""Hold the sales, prices and promotions of one merchant as day matrices. Pure.

Days without a known demand are missing: stock-outs, days with stock for a part of the day, and
unknown days. The caller marks them with NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from features.platform.arrays import Codes, Flags, Floats

#: A series lives from its first sale to this many days after its last sale.
TRAILING_DAYS = 28
#: A series with fewer observed days, or fewer days with a sale, teaches nothing.
LEAST_DAYS, LEAST_SALES = 56, 10


@dataclass(frozen=True)
class History:
    """S series (product x channel) of one merchant over D days.

    Args:
        units: [S, D] pieces; NaN = missing.
        price: [S, D] of a piece, in any currency unit; NaN = unknown.
        promoted: [S, D] whether a promotion runs.
        product: [S] code of the product, from 0.
        channel: [S] code of the channel, from 0.
        category: [S] code of the category, from 0.

    Raises:
        ValueError: shapes differ, or pieces are negative.
    """

    units: Floats
    price: Floats
    promoted: Flags
    product: Codes
    channel: Codes
    category: Codes

    def __post_init__(self) -> None:
        if not self.units.shape == self.price.shape == self.promoted.shape:
            raise ValueError("units, price and promoted must have one shape [series, days]")
        if {len(self.product), len(self.channel), len(self.category)} != {len(self.units)}:
            raise ValueError("product, channel and category must have one code per series")
        if (self.units < 0).any():
            raise ValueError("units must not be negative: net cancelled pieces within their day")

    @cached_property
    def is_live(self) -> Flags:
        """Days from the first sale to `TRAILING_DAYS` after the last sale: [S, D]."""
        sold = self.units > 0
        days = np.arange(sold.shape[1])
        first = np.where(sold.any(axis=1), np.argmax(sold, axis=1), len(days))
        last = len(days) - 1 - np.argmax(sold[:, ::-1], axis=1)
        is_live: Flags = (days >= first[:, None]) & (days <= last[:, None] + TRAILING_DAYS)
        return is_live

    @cached_property
    def is_observed(self) -> Flags:
        """Days that teach: live, with known pieces, regular price and promotion price: [S, D]."""
        known = self.is_live & np.isfinite(self.units) & np.isfinite(self.log_regular_price)
        return known & (~self.promoted | (self.price > 0))

    @cached_property
    def log_regular_price(self) -> Floats:
        """The log of the newest price outside promotions; before the first, that one: [S, D]."""
        usable = np.greater(np.where(self.promoted, 0.0, self.price), 0.0)
        log = np.log(np.where(usable, self.price, 1.0))
        days = np.broadcast_to(np.arange(log.shape[1]), log.shape)
        newest = np.maximum.accumulate(np.where(usable, days, -1), axis=1)
        place = np.where(newest < 0, np.argmax(usable, axis=1)[:, None], newest)
        filled = np.take_along_axis(log, place, axis=1)
        return np.where(np.any(usable, axis=1)[:, None], filled, np.nan)

    @cached_property
    def price_move(self) -> Floats:
        """The log of the regular price, less its mean over the observed days; else 0: [S, D]."""
        seen = self.is_observed
        log = np.where(seen, self.log_regular_price, 0.0)
        mean = log.sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
        move: Floats = np.nan_to_num(self.log_regular_price - mean[:, None])
        return move

    @cached_property
    def depth(self) -> Floats:
        """The log of the price over the regular price on promoted days, 0 elsewhere: [S, D]."""
        usable = self.promoted & (self.price > 0) & np.isfinite(self.log_regular_price)
        log = np.log(np.where(usable, self.price, 1.0))
        return np.where(usable, log - np.nan_to_num(self.log_regular_price), 0.0)

    def take(self, rows: Codes | Flags) -> History:
        """Return some of the series."""
        return History(
            self.units[rows],
            self.price[rows],
            self.promoted[rows],
            self.product[rows],
            self.channel[rows],
            self.category[rows],
        )

    @property
    def teaches(self) -> Flags:
        """Series with enough observed days and enough days with a sale: [S]."""
        days = self.is_observed.sum(axis=1)
        sales = (self.is_observed & (self.units > 0)).sum(axis=1)
        teaches: Flags = (days >= LEAST_DAYS) & (sales >= LEAST_SALES)
        return teaches

    def teaching(self) -> History:
        """Return the series that teach."""
        return self.take(self.teaches)
