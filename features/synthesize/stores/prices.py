"""Make the regular prices: a price changes at most once in a cycle, between two promotions.

Prices move around the first list price and follow no trend, so time does not explain them.
"""

from __future__ import annotations

import numpy as np

from features.synthesize.randomness import F64, I64
from features.synthesize.stores.draws import Draw, draws
from features.synthesize.stores.setting import Setting

#: Days between the first days of two cycles of promotions and prices.
CYCLE_DAYS = 49
#: A price changes in these days of a cycle: no promotion runs or is announced then.
_CHANGE_DAYS = (24, 28)
_STEP, _MOST = 0.09, 0.22  # of the log of the price, around the first list price
_CYCLES_PER_YEAR = 365.25 / CYCLE_DAYS


def regular(setting: Setting) -> I64:
    """Return the price of each product and day without promotions, in cents: [P, D]."""
    products, days = setting.products, setting.days
    rng, count = draws(setting.plan, Draw.PRICES), len(products)
    cycles = days.count // CYCLE_DAYS + 1
    chance, day, normal = (np.empty((cycles, count)) for _ in range(3))
    for cycle in range(cycles):
        chance[cycle], day[cycle] = rng.random((2, count))
        normal[cycle] = rng.standard_normal(count)
    per_year = setting.per_category("price_changes")[products.category]
    changes = chance < per_year / _CYCLES_PER_YEAR
    step = np.clip(_STEP * normal, -_MOST, _MOST)
    price = np.maximum(np.rint(products.price * np.exp(step)), 10)
    newest = np.maximum.accumulate(np.where(changes, np.arange(cycles)[:, None], -1), axis=0)
    after = np.where(newest < 0, products.price, np.take_along_axis(price, newest, axis=0))
    before = np.concatenate([products.price[None, :], after[:-1]])
    low, high = _CHANGE_DAYS
    on = low + np.floor(day * (high - low))
    index = np.arange(days.count)
    of_cycle = index // CYCLE_DAYS
    is_after = (index % CYCLE_DAYS)[:, None] >= on[of_cycle]
    prices: I64 = np.where(is_after, after[of_cycle], before[of_cycle]).T.astype(np.int64)
    return np.ascontiguousarray(prices)


def response(setting: Setting, price: I64) -> F64:
    """Return the factor of demand by which the prices of products act; both are [P, D]."""
    products = setting.products
    elasticity = setting.per_category("elasticity")[products.category]
    factor: F64 = (price / products.price[:, None]) ** elasticity[:, None]
    return factor
