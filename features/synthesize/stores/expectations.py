"""Compute the true expectation of demand: level, calendar, price, and the effects of promotions.

A promotion adds pieces by its price and by its uplift. The rest of the category in the same
channel loses a share of them on the same days, and the product itself in the days after.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.synthesize.randomness import F64, I64
from features.synthesize.stores import prices
from features.synthesize.stores.assortment import CHANNELS, Assortment
from features.synthesize.stores.draws import Draw, draws
from features.synthesize.stores.products import Products
from features.synthesize.stores.promotions import Promotions
from features.synthesize.stores.setting import Setting
from features.synthesize.stores.span import Days

#: Days after a promotion that lose demand to it, each less than the day before.
AFTER_DAYS = 21
_WEAK_SEASON = 0.04
_LARGEST_LOSS = 0.9  # of the demand of a day
_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Expectations:
    """The true means of S series over D days.

    Args:
        baseline: without promotions, at the regular price: [S, D].
        expected: with all promotions: [S, D].
    """

    baseline: F64
    expected: F64


def compute(setting: Setting, regular: I64, promotions: Promotions, which: I64) -> Expectations:
    """Return the expectations.

    Args:
        setting: the fixed parts of the world.
        regular: [P, D] regular prices in cents.
        promotions: all promotions.
        which: [S, D] index of the promotion, or -1.
    """
    level = _levels(setting) * prices.response(setting, regular)
    level *= _season(setting) * _life(setting.products, setting.days)
    baseline = np.repeat(level, len(CHANNELS), axis=0) * setting.series.units[:, None]
    baseline *= _calendar(setting.assortment, setting.days)[setting.series.channel]
    added = _added(setting, promotions, which, baseline)
    lost = _taken_from_others(setting, which, baseline, added)
    lost += _taken_from_later(setting, promotions, added)
    expected = baseline + added - np.minimum(lost, _LARGEST_LOSS * baseline)
    return Expectations(baseline, expected)


def _levels(setting: Setting) -> F64:
    """Return the slow movement of each product around 1: [P, D]."""
    products, days = setting.products, setting.days
    rng, drift = draws(setting.plan, Draw.LEVELS), setting.assortment.drift
    trend = drift.year * rng.standard_normal(len(products))
    weeks = days.count // 7 + 1
    steps = drift.week * rng.standard_normal((weeks, len(products)))
    index = np.arange(days.count)
    log: F64 = np.cumsum(steps, axis=0)[index // 7] + trend * (index / _YEAR)[:, None]
    return np.exp(np.ascontiguousarray(log.T))


def _season(setting: Setting) -> F64:
    """Return the factor of the season of each product, with a mean of 1 over a year: [P, D]."""
    products, days = setting.products, setting.days
    strong = setting.per_category("season")[products.category]
    peak = setting.per_category("peak")[products.category]
    amplitude = np.where(products.is_seasonal, strong, _WEAK_SEASON)
    year = days.numbers.astype("datetime64[D]").astype("datetime64[Y]")
    day_of_year = (days.numbers.astype("datetime64[D]") - year).astype(np.int64) + 1
    wave = np.cos(2 * np.pi * (day_of_year - peak[:, None]) / _YEAR)
    factor: F64 = np.exp(amplitude[:, None] * wave) / np.i0(amplitude)[:, None]
    return factor


def _life(products: Products, days: Days) -> F64:
    """Return 1 while a product is sold: [P, D]."""
    is_sold = (days.numbers >= products.born[:, None]) & (days.numbers < products.dies[:, None])
    return is_sold.astype(np.float64)


def _calendar(assortment: Assortment, days: Days) -> F64:
    """Return the factor of weekday and holiday of each channel: [channels, D]."""
    month_day = np.char.partition(np.datetime_as_string(days.numbers.astype("datetime64[D]")), "-")
    texts = month_day[:, 2]
    factors = []
    for name in CHANNELS:
        factor = np.array(assortment.channels[name].weekdays)[days.weekdays]
        for holiday in assortment.holidays:
            falls = (texts >= holiday.first) & (texts <= holiday.last)
            factor = np.where(falls, factor * getattr(holiday, name), factor)
        factors.append(factor)
    return np.array(factors)


def _added(setting: Setting, promotions: Promotions, which: I64, baseline: F64) -> F64:
    """Return the pieces that promotions add on their days: [S, D]."""
    category = setting.products.category[promotions.product]
    elasticity = setting.per_category("elasticity")[category]
    uplift = setting.per_category("uplift")[category]
    lift = (1 - promotions.discount) ** elasticity * (1 + uplift) - 1
    added = np.zeros_like(baseline)
    row, day = np.nonzero(which >= 0)
    added[row, day] = baseline[row, day] * lift[which[row, day]]
    return added


def _taken_from_others(setting: Setting, which: I64, baseline: F64, added: F64) -> F64:
    """Return the pieces that promotions take from other products of the category: [S, D]."""
    store, channel = setting.products.store[setting.series.product], setting.series.channel
    category = store * len(setting.assortment.categories) + setting.category
    group = category * len(CHANNELS) + channel
    order = np.argsort(group, kind="stable")
    firsts = np.flatnonzero(np.diff(group[order], prepend=-1))
    others = np.where(which < 0, baseline, 0.0)
    gained = np.add.reduceat(added[order], firsts, axis=0)
    base = np.add.reduceat(others[order], firsts, axis=0)
    share = np.divide(gained, base, out=np.zeros_like(gained), where=base > 0)
    place = np.searchsorted(group[order][firsts], group)
    rate = setting.per_category("cannibalisation")[setting.category]
    lost: F64 = others * share[place] * rate[:, None]
    return lost


def _taken_from_later(setting: Setting, promotions: Promotions, added: F64) -> F64:
    """Return the pieces that promotions take from the days after them: [S, D]."""
    days, lost = setting.days, np.zeros_like(added)
    promotion, row = promotions.covers()
    first = promotions.first[promotion] - days.first
    after = promotions.last[promotion] - days.first + 1
    ends = after < days.count
    row, first, after = row[ends], first[ends], after[ends]
    reached = np.concatenate([np.zeros((len(added), 1)), np.cumsum(added, axis=1)], axis=1)
    rate = setting.per_category("pull_forward")[setting.category[row]]
    total = (reached[row, after] - reached[row, first]) * rate
    weights = np.arange(AFTER_DAYS, 0, -1) / np.arange(AFTER_DAYS + 1).sum()
    for offset, weight in enumerate(weights):
        day = after + offset
        inside = day < days.count
        # a series has one promotion in a cycle, so no cell occurs twice
        lost[row[inside], day[inside]] += total[inside] * weight
    return lost
