"""Cut the demand of each series by the stock of its pool, and find the moments of the run-outs.

The pieces that customers want come at uniform positions within the demand of a day. Where the
stock runs out, the moment is that of the last piece in stock, so its position follows a beta
distribution (an order statistic of uniform draws).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.synthesize.plan import Plan
from features.synthesize.randomness import F64, I64
from features.synthesize.stores.chances import Chances
from features.synthesize.stores.clock import share_of
from features.synthesize.stores.draws import Draw, draws
from features.synthesize.stores.pools import Pools
from features.synthesize.stores.stock import Stock


@dataclass(frozen=True, slots=True)
class Sold:
    """The sales of S series over D days, before and after the receipts of each day.

    Args:
        morning, evening: [S, D] pieces.
        noon: [D, L] position of the receipts, 1 on a day without.
        morning_end, evening_end: [D, L] position at which the stock runs out, or that of the
            receipts and 1.
    """

    morning: I64
    evening: I64
    noon: F64
    morning_end: F64
    evening_end: F64

    @property
    def units(self) -> I64:
        """Sold pieces: [S, D]."""
        return self.morning + self.evening

    def stock_share(self, pools: Pools) -> F64:
        """Return the share of the hours of each day in which a series had stock: [S, D]."""
        with_stock = share_of(self.morning_end)
        with_stock += share_of(self.evening_end) - share_of(self.noon)
        return np.ascontiguousarray(np.clip(with_stock, 0.0, 1.0).T)[pools.of_series]


def cut(plan: Plan, pools: Pools, demand: I64, chances: Chances, stock: Stock) -> Sold:
    """Return the sales of all series."""
    has_receipt = stock.received > 0
    noon = np.where(has_receipt, chances.receipt_position, 1.0)
    is_split = has_receipt[:, pools.of_series]
    early = np.where(is_split, chances.mornings, demand.T)
    late = demand.T - early
    after = stock.opening - stock.morning + stock.received
    parts = []
    for part, (wanted, available, sold, start, length) in enumerate(
        (
            (early, stock.opening, stock.morning, np.zeros_like(noon), noon),
            (late, after, stock.evening, noon, 1 - noon),
        )
    ):
        totals = np.add.reduceat(wanted, pools.firsts, axis=1)
        runs_out = (totals >= available) & (length > 0)
        ends = start + length
        ends[runs_out] = start[runs_out]
        hit = runs_out & (available > 0)
        rng = draws(plan, Draw.RUN_OUTS, part)
        ends[hit] += length[hit] * rng.beta(available[hit], (totals - available)[hit] + 1)
        parts.append((_shared(plan, part, pools, wanted, totals, sold), ends))
    (morning, morning_end), (evening, evening_end) = parts
    return Sold(
        morning=np.ascontiguousarray(morning.T),
        evening=np.ascontiguousarray(evening.T),
        noon=noon,
        morning_end=morning_end,
        evening_end=evening_end,
    )


def _shared(plan: Plan, part: int, pools: Pools, wanted: I64, totals: I64, sold: I64) -> I64:
    """Return the sold pieces of each series: [D, S]; a run-out cuts two channels by chance."""
    shared = np.minimum(wanted, sold[:, pools.of_series])
    sizes = np.bincount(pools.of_series, minlength=len(pools))
    day, pool = np.nonzero((sizes > 1) & (sold < totals))
    first = pools.firsts[pool]
    a, b = wanted[day, first], wanted[day, first + 1]
    rng = draws(plan, Draw.SHARES, part)
    drawn = rng.hypergeometric(a, b, sold[day, pool])
    shared[day, first], shared[day, first + 1] = drawn, sold[day, pool] - drawn
    return shared
