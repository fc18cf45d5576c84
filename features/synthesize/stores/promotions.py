"""Make the promotions of the stores: a product, channels, days, price and day of announcement."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from features.synthesize.randomness import F64, I64
from features.synthesize.stores.assortment import CHANNELS
from features.synthesize.stores.draws import Draw, draws
from features.synthesize.stores.prices import CYCLE_DAYS
from features.synthesize.stores.setting import Setting
from features.synthesize.stores.span import Days

#: Number of the channel of a promotion that runs in all channels.
ALL_CHANNELS = len(CHANNELS)
_START_DAYS = 14  # promotions start on one of the first days of a cycle
_QUIET_CYCLES = 1  # the first cycle has none, so each announcement lies in the world
_DRAWS = 7


@dataclass(frozen=True, slots=True)
class Promotions:
    """K promotions, in the order of their cycles; days are counted since 1970.

    Args:
        cycle: number of the cycle.
        product: index of the product.
        channel: index into `CHANNELS`, or `ALL_CHANNELS`.
        first: first day.
        last: last day, included.
        announced: day of the announcement.
        price: of a piece, in cents.
        discount: share of the regular price.
    """

    cycle: I64
    product: I64
    channel: I64
    first: I64
    last: I64
    announced: I64
    price: I64
    discount: F64

    def __len__(self) -> int:
        return len(self.cycle)

    def take(self, which: np.ndarray) -> Promotions:
        """Return the promotions of a mask or an index array."""
        return Promotions(*(getattr(self, item.name)[which] for item in fields(self)))

    def covers(self) -> tuple[I64, I64]:
        """Return pairs of promotion and series, for each channel of each promotion."""
        which = np.arange(len(self))
        pairs = [
            (which[chosen], self.product[chosen] * len(CHANNELS) + channel)
            for channel in range(len(CHANNELS))
            for chosen in [(self.channel == channel) | (self.channel == ALL_CHANNELS)]
        ]
        return np.concatenate([pair[0] for pair in pairs]), np.concatenate(
            [pair[1] for pair in pairs]
        )


def build(setting: Setting, regular: I64) -> Promotions:
    """Make the promotions that are announced before the end of the world.

    Args:
        setting: the fixed parts of the world.
        regular: [P, D] regular prices in cents.
    """
    products, days, offers = setting.products, setting.days, setting.assortment.promotions
    rng, count = draws(setting.plan, Draw.PROMOTIONS), len(products)
    few, many = offers.announced_days
    cycles = (days.count + many) // CYCLE_DAYS + 1
    drawn = rng.random((cycles, _DRAWS, count))
    cycle, product = np.nonzero(
        (drawn[:, 0] < offers.chance)
        & products.is_promoted
        & (np.arange(cycles) >= _QUIET_CYCLES)[:, None]
    )
    chance = np.moveaxis(drawn, 1, 0)[:, cycle, product]
    first = days.first + cycle * CYCLE_DAYS + (chance[1] * _START_DAYS).astype(np.int64)
    length = np.array(offers.days)[(chance[2] * len(offers.days)).astype(np.int64)]
    announced = first - few - (chance[3] * (many - few + 1)).astype(np.int64)
    discount = np.array(offers.discounts)[(chance[4] * len(offers.discounts)).astype(np.int64)]
    in_one = chance[5] < offers.one_channel
    one = (chance[6] * len(CHANNELS)).astype(np.int64)
    # no price changes from the announcement to the last day
    place = np.clip(announced - days.first, 0, days.count - 1)
    usual = regular[product, place]
    price = np.rint(usual * (1 - discount)).astype(np.int64)
    made = Promotions(
        cycle=cycle,
        product=product,
        channel=np.where(in_one, one, ALL_CHANNELS),
        first=first,
        last=first + length - 1,
        announced=announced,
        price=price,
        discount=1 - price / usual,
    )
    is_known = announced < days.first + days.count
    is_sold = (first >= products.born[product]) & (made.last < products.dies[product])
    return made.take(is_known & is_sold)


def prices(promotions: Promotions, regular: I64, days: Days) -> tuple[I64, np.ndarray]:
    """Return price and promotion of each series and day.

    Returns:
        The price in cents, and the index of the promotion or -1: [S, D] each.
    """
    series = len(regular) * len(CHANNELS)
    price = np.repeat(regular, len(CHANNELS), axis=0)
    which = np.full((series, days.count), -1, np.int64)
    promotion, of_series = promotions.covers()
    length = (promotions.last - promotions.first + 1)[promotion]
    row = np.repeat(np.arange(len(promotion)), length)
    start = np.repeat(np.cumsum(length) - length, length)
    day = promotions.first[promotion[row]] - days.first + np.arange(len(row)) - start
    row, day = row[day < days.count], day[day < days.count]
    which[of_series[row], day] = promotion[row]
    price[of_series[row], day] = promotions.price[promotion[row]]
    return price, which
