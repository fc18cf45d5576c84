"""Make the series of the stores: one per product and channel, with its class and mean demand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.synthesize.plan import Plan
from features.synthesize.randomness import F64, I64
from features.synthesize.stores.assortment import CHANNELS, CLASSES, Assortment
from features.synthesize.stores.draws import Draw, allot, between, draws


@dataclass(frozen=True, slots=True)
class Series:
    """S series, ordered by product and channel.

    Args:
        product: index of the product.
        channel: index into `CHANNELS`.
        demand_class: index into `CLASSES`.
        units: mean pieces per day, without season, price and promotion.
        shape: of the gamma distribution that mixes the Poisson distribution.
        orders_per_day: chance of an order; 0 = pieces come one by one.
        pieces_per_line: mean.
    """

    product: I64
    channel: I64
    demand_class: I64
    units: F64
    shape: F64
    orders_per_day: F64
    pieces_per_line: F64

    def __len__(self) -> int:
        return len(self.product)

    @property
    def by_product(self) -> F64:
        """Mean pieces per day of each product, all channels together: [P]."""
        totals: F64 = self.units.reshape(-1, len(CHANNELS)).sum(axis=1)
        return totals


def build(plan: Plan, assortment: Assortment) -> Series:
    """Make the series of all stores of a plan."""
    rng, count = draws(plan, Draw.SERIES), plan.stores * plan.store_products * len(CHANNELS)
    classes = [assortment.classes[name] for name in CLASSES]
    number = allot(rng, count, [entry.share for entry in classes])
    units, shape, orders = np.zeros(count), np.zeros(count), np.zeros(count)
    for index, entry in enumerate(classes):
        of_class = number == index
        members = int(of_class.sum())
        units[of_class] = between(rng, members, entry.units)
        shape[of_class] = between(rng, members, entry.shape)
        if entry.orders_per_day is not None:
            orders[of_class] = between(rng, members, entry.orders_per_day)
            units[of_class] *= orders[of_class]
    return Series(
        product=np.arange(count) // len(CHANNELS),
        channel=np.arange(count) % len(CHANNELS),
        demand_class=number,
        units=units,
        shape=shape,
        orders_per_day=orders,
        pieces_per_line=np.array([entry.pieces_per_line for entry in classes])[number],
    )
