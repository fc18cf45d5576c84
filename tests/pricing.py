"""Make merchants whose response to prices and promotions is known."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from features.platform.arrays import Floats
from scoring.pricing.history import History

CATEGORIES = 2


@dataclass(frozen=True)
class Market:
    """The true response of every category of a made merchant.

    Args:
        elasticity: of the regular price.
        lift: added share of the base on promoted days.
        others: share of this base that the rest of the category and channel loses.
        later: share of this base that the series loses in the two weeks after.
        price_step: deviation of the log of a new price; 0 = prices stay.
        units: mean pieces a day.
    """

    elasticity: float = -1.5
    lift: float = 1.0
    others: float = 0.4
    later: float = 0.15
    price_step: float = 0.1
    units: float = 12.0


def a_history(market: Market, *, days: int = 364, products: int = 14, seed: int = 1) -> History:
    """Return the sales of two categories and two channels; every second product has promotions."""
    rng = np.random.default_rng(seed)
    count = CATEGORIES * products
    steps = rng.normal(0.0, 1.0, (count, days // 56 + 1)) * market.price_step
    log_price = np.log(5.0) + np.repeat(steps, 56, axis=1)[:, :days]
    start = rng.integers(0, 40, (count, days // 56 + 1)) + 56 * np.arange(days // 56 + 1)
    is_chosen = rng.random(start.shape) < 0.6 * (np.arange(count) // CATEGORIES % 2 == 0)[:, None]
    since = np.arange(days)[:, None, None] - np.where(is_chosen, start, 10 * days)
    promoted = ((since >= 0) & (since < 7)).any(axis=2).T
    after = ((since >= 7) & (since < 21)).any(axis=2).T & ~promoted
    level = market.units * rng.uniform(0.5, 1.5, (count, 1))
    week = 1 + 0.3 * np.sin(np.arange(days) * 2 * np.pi / 7)
    season = np.exp(0.3 * np.sin(np.arange(days) * 2 * np.pi / 364 + rng.uniform(0, 6, (count, 1))))
    base = level * season * week * np.exp(market.elasticity * (log_price - np.log(5.0)))
    expected = base * np.where(promoted, 1 + market.lift, 1 - market.later / 2 * after)
    category = np.arange(count) % CATEGORIES
    for code in range(CATEGORIES):
        of = (category == code)[:, None]
        share = (base * (promoted & of)).sum(axis=0) / (base * (~promoted & of)).sum(axis=0)
        expected -= np.where(~promoted & of, base * share * market.others, 0.0)
    expected = np.repeat(expected, 2, axis=0)
    return History(
        rng.poisson(expected).astype(np.float64),
        np.repeat(np.exp(log_price) * np.where(promoted, 0.8, 1.0), 2, axis=0),
        np.repeat(promoted, 2, axis=0),
        np.repeat(np.arange(count), 2),
        np.tile([0, 1], count),
        np.repeat(category, 2),
    )


def with_units(history: History, units: Floats) -> History:
    """Return the history with other pieces."""
    return replace(history, units=units)
