"""Draw all chances of supply before the stock moves: lead times, receipt times and losses.

The draws do not depend on the stock, so every rule of ordering meets the same chances.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.synthesize.randomness import F64, I64
from features.synthesize.stores.clock import position_of
from features.synthesize.stores.draws import Draw, draws
from features.synthesize.stores.pools import Pools
from features.synthesize.stores.products import Products
from features.synthesize.stores.setting import Setting

_RECEIPT_HOURS = (6, 13)
_FEW_PIECES = 4
_LONGEST_FACTOR = 3.0  # of the mean lead time


@dataclass(frozen=True, slots=True)
class Chances:
    """Chances by day; rows are days, so the stock reads one row per day.

    Args:
        lead_times: [D, P] days from an order at the end of this day to its receipt, 1 or more.
        receipt_hour: [D, P] hour of the receipts of a day.
        receipt_position: [D, L] share of the day's demand before them.
        mornings: [D, S] pieces of the day's demand before the receipts.
        written_off: [D, L] damaged pieces, if the stock has as many.
        uncounted: [D, L] pieces that appear, or disappear if negative, without a movement.
    """

    lead_times: I64
    receipt_hour: F64
    receipt_position: F64
    mornings: I64
    written_off: I64
    uncounted: I64


def draw(setting: Setting, pools: Pools, demand: I64) -> Chances:
    """Draw the chances of all days; `demand` is [S, D]."""
    plan, products, days = setting.plan, setting.products, setting.days
    lead = draws(plan, Draw.LEAD_TIMES).standard_gamma(
        np.broadcast_to(_lead_shape(products), (days.count, len(products)))
    )
    lead = np.rint(lead / _lead_shape(products) * products.lead_time)
    longest = np.ceil(products.lead_time * _LONGEST_FACTOR)
    low, high = _RECEIPT_HOURS
    share = draws(plan, Draw.RECEIPTS).random((days.count, len(products)))
    hour = low + (high - low) * share
    position = position_of(hour / 24)[:, pools.product]
    mornings = draws(plan, Draw.MORNINGS).binomial(demand.T, position[:, pools.of_series])
    written_off, uncounted = _losses(setting, pools)
    return Chances(
        lead_times=np.clip(lead, 1, longest).astype(np.int64),
        receipt_hour=hour,
        receipt_position=position,
        mornings=mornings.astype(np.int64),
        written_off=written_off,
        uncounted=uncounted,
    )


def _lead_shape(products: Products) -> F64:
    """Return the shape of the gamma distribution with the mean and deviation of lead times."""
    shape: F64 = (products.lead_time / np.maximum(products.lead_time_sd, 0.1)) ** 2
    return shape


def _losses(setting: Setting, pools: Pools) -> tuple[I64, I64]:
    rng, losses = draws(setting.plan, Draw.LOSSES), setting.assortment.losses
    days = setting.days
    chance = np.empty((days.count, 4, len(pools)))
    for day in range(days.count):
        chance[day] = rng.random((4, len(pools)))
    pieces = 1 + (chance[:, 1] * _FEW_PIECES).astype(np.int64)
    written_off = np.where(chance[:, 0] < losses.write_off, pieces, 0)
    sign = np.where(chance[:, 3] < losses.found_share, 1, -1)
    uncounted = np.where(chance[:, 2] < losses.uncounted, sign * pieces, 0)
    return written_off, uncounted
