"""Draw lead times, and place the deliveries of orders among the days ahead. Pure.

Day 1 is the day after the night. An order leaves in the morning of an order day. It sells from the
day on which it arrives. The next order leaves a review period later. So the decision of one order
covers the days from its arrival to the day before the next order's arrival.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Flags, Floats, Integers
from scoring.stock.draws import Keys, Purpose, gamma_values, strata

#: Where a supplier's data lacks them.
USUAL_DAYS = 7.0
USUAL_DEVIATION = 0.25  # of the mean
#: Paths between the strata that two deliveries of a path take, so that they are not late together.
APART = 37
_SUCCESSORS = 8


@dataclass(frozen=True, slots=True)
class Supply:
    """The supplier data of P products.

    Args:
        lead_time: [P] mean, days; NaN = unknown.
        deviation: [P] standard deviation of the lead time, days; NaN = unknown.
        wait: [P] days until the next order day, 0 = the day after the night.
        review: [P] days from that order day to the one after it, >= 1.
    """

    lead_time: Floats
    deviation: Floats
    wait: Integers
    review: Integers

    @property
    def is_known(self) -> Flags:
        """Return whether the lead time is known: [P]."""
        return np.isfinite(self.lead_time)

    def filled(self) -> Supply:
        """Return the supplier data with the usual values in place of unknown ones."""
        lead_time = np.where(np.isfinite(self.lead_time), self.lead_time, USUAL_DAYS)
        usual = lead_time * USUAL_DEVIATION
        deviation = np.where(np.isfinite(self.deviation), self.deviation, usual)
        return Supply(lead_time, deviation, self.wait, self.review)


@dataclass(frozen=True, slots=True)
class Period:
    """The days that the next order decides; each array is [P, N] days ahead, by path.

    Args:
        arrival: the day from which the next order sells.
        end: the last day before the delivery of a later order, >= arrival - 1.
        delay: days by which deliveries under way come later than expected; negative = earlier.
    """

    arrival: Integers
    end: Integers
    delay: Integers

    @property
    def days(self) -> Integers:
        """Return the days that a product's simulation needs: [P]."""
        longest: Integers = self.end.max(axis=1)
        return longest

    def cut(self, days: int) -> Period:
        """Return the period without the days after a number of days."""
        return Period(np.minimum(self.arrival, days), np.minimum(self.end, days), self.delay)


def draw(supply: Supply, keys: Keys, *, seed: int, paths: int) -> Period:
    """Draw the period of each product and path; a lead time is a whole number of days, >= 1.

    The order, later orders and the deliveries under way have lead times of their own. A late
    successor is the risk that the order has to cover; where orders follow fast, one of the later
    orders may overtake it (order crossover).
    """
    known = supply.filled()
    drawn = gamma_values(known.lead_time, known.deviation, paths)
    lengths = np.maximum(np.rint(drawn).astype(np.int64), 1)
    lead, successor, under_way = (
        np.take_along_axis(lengths, strata(keys, paths, purpose, seed), axis=1)
        for purpose in (Purpose.LEAD_TIME, Purpose.SUCCESSOR, Purpose.INBOUND)
    )
    wait, review = known.wait[:, None], known.review[:, None]
    expected = np.rint(known.lead_time).astype(np.int64)[:, None]
    arrival = wait + 1 + lead
    follows = successor + review
    for later in range(1, _SUCCESSORS):
        # the same lead times on other paths
        shifted = np.roll(successor, later * APART, axis=1) + (later + 1) * review
        follows = np.minimum(follows, shifted)
    return Period(arrival, np.maximum(wait + follows, arrival - 1), under_way - expected)
