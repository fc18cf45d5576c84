"""Reduce each simulated path to the shortages that an order can and cannot prevent. Pure.

Let x be the demand until a day less the stock and the deliveries until that day. With lost sales,
the pieces lost within a period are the maximum of x and 0 over its days. An order of q pieces
lowers x by q from its arrival on. So two numbers of a path, the maximum of x before and after the
arrival, give the loss under every order: max(0, before, after - q).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Floats, Integers
from scoring.stock.inbound import Inbound
from scoring.stock.lead_times import Period
from scoring.stock.paths import Paths

_NEVER = np.iinfo(np.int64).min // 4


@dataclass(frozen=True, slots=True)
class Exposure:
    """The shortages of P products on N paths: each array is [P, N] pieces.

    Args:
        before: maximum of demand less supply before the next order arrives; <= 0 = none is lost.
        after: the same from the arrival to the end of the period.
        cycle: demand from the arrival to the end.
    """

    before: Integers
    after: Integers
    cycle: Integers

    @property
    def preventable(self) -> Integers:
        """Return the pieces that an order needs so that no sale is lost after it arrives."""
        return self.after - np.maximum(self.before, 0)

    def lost(self, quantity: Integers) -> Floats:
        """Return the expected pieces that are lost with an order: [P].

        Args:
            quantity: [P] pieces of the order.
        """
        lost = np.maximum(np.maximum(self.before, self.after - quantity[:, None]), 0)
        expected: Floats = lost.mean(axis=1)
        return expected

    def run_out(self) -> Floats:
        """Return the probability that demand exceeds the supply within the period: [P]."""
        probability: Floats = (np.maximum(self.before, self.after) > 0).mean(axis=1)
        return probability


def expose(demand: Paths, available: Integers, inbound: Inbound, period: Period) -> Exposure:
    """Return the exposure of each product and path.

    Args:
        demand: [P, T, N] pieces.
        available: [P] pieces that can be sold now.
        inbound: deliveries of these products.
        period: [P, N], with ends of at most T.
    """
    excess = np.cumsum(demand, axis=1)
    until_end = _at(excess, period.end)
    until_arrival = _at(excess, period.arrival - 1)
    excess -= _delivered(inbound, demand.shape, period.delay)
    excess -= available[:, None, None]
    day = np.arange(1, demand.shape[1] + 1)[:, None]
    arrival, end = period.arrival[:, None, :], period.end[:, None, :]
    before = np.where(day < arrival, excess, _NEVER).max(axis=1, initial=_NEVER)
    within = (day >= arrival) & (day <= end)
    after = np.where(within, excess, _NEVER).max(axis=1, initial=_NEVER)
    return Exposure(before, after, until_end - until_arrival)


def _at(cumulative: Integers, day: Integers) -> Integers:
    """Return the cumulative pieces until a day of each path; until day 0 there are none."""
    index = np.maximum(day - 1, 0)[:, None, :]
    taken = np.take_along_axis(cumulative, index, axis=1)[:, 0, :]
    return np.where(day > 0, taken, 0)


def _delivered(inbound: Inbound, shape: tuple[int, ...], delay: Integers) -> Integers:
    """Return the pieces that are delivered until each day: [P, T, N]."""
    products, days, paths = shape
    delivered = np.zeros((products, days, paths), dtype=np.int64)
    arrival = inbound.arrivals(delay)
    delivery, path = np.nonzero(arrival <= days)
    place = inbound.product[delivery], arrival[delivery, path] - 1, path
    np.add.at(delivered, place, inbound.quantity[delivery])
    return np.cumsum(delivered, axis=1, out=delivered)
