"""Reconcile counts with movements into one figure of available pieces per product. Pure.

A place is a product at a location. The newest count of a place is its anchor; movements after it
change the pieces on hand. Pieces of all channels and shared locations make one figure, so two
channels never sell the same piece. Every contradiction is listed as a discrepancy; none is
smoothed away.

A place that was never counted adds nothing: its stock is unknown, and unknown is not available.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Flags, Integers
from scoring.stock.discrepancies import Discrepancies, find
from scoring.stock.movements import Counts, Movements, entries
from scoring.stock.timeline import Timeline, timeline, totals

UNCOUNTED = -1


@dataclass(frozen=True, slots=True)
class Available:
    """The stock of P products across locations; each array is [P].

    Args:
        on_hand: pieces by the newest counts and the movements since; < 0 only with a discrepancy.
        reserved: pieces that are promised.
        buffered: pieces that channels keep back.
        available: pieces that can be sold: the larger of 0 and on_hand - reserved - buffered.
        counted_at: the oldest of the newest counts of its places, milliseconds since 1970;
            `UNCOUNTED` = none exists.
    """

    on_hand: Integers
    reserved: Integers
    buffered: Integers
    available: Integers
    counted_at: Integers

    @property
    def is_known(self) -> Flags:
        """Return whether a count exists: [P]."""
        is_known: Flags = self.counted_at != UNCOUNTED
        return is_known


def reconcile(
    counts: Counts, movements: Movements, buffers: Integers, products: int
) -> tuple[Available, Discrepancies]:
    """Return the available pieces of each product, and all discrepancies.

    Neither the order of the rows nor their repetition changes the result.

    Args:
        counts: of any time, in any order.
        movements: of any time, in any order.
        buffers: [L] pieces that each location keeps back, >= 0.
        products: P.
    """
    moved = entries(movements.current(), len(buffers))
    events = timeline(counts.current(), moved, len(buffers))
    return _available(events, buffers, products), find(events, len(buffers))


def _available(events: Timeline, buffers: Integers, products: int) -> Available:
    last = events.last
    last = last[events.anchor[last] >= 0]
    anchor, place = events.anchor[last], events.place[last]
    by_place = np.zeros((3, len(last)), dtype=np.int64)
    by_place[0], by_place[1] = events.book(last, anchor), events.reserved[anchor]
    # a place that has less than its buffer keeps back the pieces that it has
    free = by_place[0] - by_place[1]
    by_place[2] = np.minimum(buffers[place % len(buffers)], np.maximum(free, 0))
    product = place // len(buffers)
    on_hand, reserved, buffered = (totals(product, values, products) for values in by_place)
    counted_at = np.full(products, np.iinfo(np.int64).max)
    np.minimum.at(counted_at, product, events.at[anchor])
    counted_at[np.bincount(product, minlength=products) == 0] = UNCOUNTED
    net = on_hand - reserved - buffered
    return Available(on_hand, reserved, buffered, np.maximum(net, 0), counted_at)
