"""Make the pools of stock: a product at a location. A warehouse serves both channels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.synthesize.randomness import F64, I64
from features.synthesize.stores.assortment import LOCATIONS, WAREHOUSE
from features.synthesize.stores.products import Products
from features.synthesize.stores.series import Series
from features.synthesize.stores.setting import Setting


@dataclass(frozen=True, slots=True)
class Pools:
    """L pools, ordered by product and location, and the pool of each series.

    Args:
        product: [L] index of the product.
        location: [L] index into `LOCATIONS`.
        of_series: [S] index of the pool that serves the series.
        firsts: [L] first series of each pool.
        units: [L] mean pieces per day.
        variance: [L] of the pieces of a day.
    """

    product: I64
    location: I64
    of_series: I64
    firsts: I64
    units: F64
    variance: F64

    def __len__(self) -> int:
        return len(self.product)

    def sums(self, of_series: NDArray[np.generic]) -> I64:
        """Add the pieces of the series of each pool; the first axis becomes pools."""
        totals: I64 = np.add.reduceat(of_series, self.firsts, axis=0)
        return totals


def build(products: Products, series: Series) -> Pools:
    """Make the pools: one of a central product, one per channel of another product."""
    is_central = products.is_central[series.product]
    is_first = ~is_central | (series.channel == 0)
    firsts = np.flatnonzero(is_first)
    warehouse = LOCATIONS.index(WAREHOUSE)
    is_lumpy = series.orders_per_day > 0
    size = series.units / np.where(is_lumpy, series.orders_per_day, 1.0)
    mixed = series.units * (1 + series.units / series.shape)
    variance = np.where(is_lumpy, 2 * series.units * size, mixed)
    return Pools(
        product=series.product[firsts],
        location=np.where(is_central[firsts], warehouse, series.channel[firsts]),
        of_series=np.cumsum(is_first) - 1,
        firsts=firsts,
        units=np.add.reduceat(series.units, firsts),
        variance=np.add.reduceat(variance, firsts),
    )


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule by which a store orders: at or below the reorder point, up to a level.

    Args:
        days: [L] mean days from one order to the receipt of the next order.
        cover: [L] factor of the demand of these days.
        buffer: [L] pieces above it.
        further: [L] days of demand from the reorder point to the level.
        pack: [L] pieces.
        least: [L] pieces of an order.
    """

    days: F64
    cover: F64
    buffer: F64
    further: F64
    pack: I64
    least: I64

    @classmethod
    def of(cls, setting: Setting, pools: Pools) -> Rule:
        """Return the rule of each pool; the reorder points of stocked-out products are low."""
        products, product = setting.products, pools.product
        supply = setting.assortment.supply
        review = 7 / products.order_days.sum(axis=1)
        days = (products.lead_time + review)[product]
        scarce = products.is_stocked_out[product]
        deviations = np.where(scarce, supply.scarce.deviations, supply.safe.deviations)
        late = (pools.units * products.lead_time_sd[product]) ** 2
        return cls(
            days=days,
            cover=np.where(scarce, supply.scarce.cover, supply.safe.cover),
            buffer=deviations * np.sqrt(days * pools.variance + late),
            further=products.cover_days[product],
            pack=products.pack[product],
            least=products.minimum_order[product],
        )
