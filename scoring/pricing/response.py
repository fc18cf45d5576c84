"""Name the terms by which prices and promotions act on demand, and compute their exposures. Pure.

Expected units of a day are base x factor. The base is the level of the series x the day of the
channel x regular price ^ elasticity. The factor of a promoted day is exp(promoted + depth x
discount). The factor of another day is 1 minus the shares lost to promotions of other products of
the category and channel, and to earlier promotions of the series.

Losses are counted per piece of the base of the promoted days, so net = gross - losses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Codes, Flags, Floats
from scoring.pricing.history import History

PRICE, PROMOTED, DEPTH, OTHERS = range(4)
#: Pull-forward is measured for these weeks after a promotion, one term per week.
AFTER_WEEKS = 4
AFTER = slice(4, 4 + AFTER_WEEKS)
LOSSES = slice(OTHERS, AFTER.stop)
TERMS = AFTER.stop
#: A term needs this many products that moved their price, or had a promotion.
LEAST_PRODUCTS = 4
#: A price moved if the standard deviation of its log over the days is at least this.
LEAST_MOVE = 0.01
_LEAST_FACTOR = 0.1
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Exposure:
    """What the terms act on: each [S, D].

    Args:
        factor: of the base.
        slopes: [S, D, TERMS] change of the log of the expected units per unit of each term.
    """

    factor: Floats
    slopes: Floats


def moved_products(history: History, categories: int) -> Codes:
    """Return the number of products of each category whose regular price moved: [categories]."""
    observed = history.is_observed
    move = np.where(observed, history.price_move, 0.0)
    moved: Flags = (
        np.sqrt((move**2).sum(axis=1) / np.maximum(observed.sum(axis=1), 1)) >= LEAST_MOVE
    )
    return _products(history, moved, categories)


def promoted_products(history: History, categories: int) -> Codes:
    """Return the number of products of each category with an observed promotion: [categories]."""
    is_promoted: Flags = np.any(history.promoted & history.is_observed, axis=1)
    return _products(history, is_promoted, categories)


def all_products(history: History, categories: int) -> Codes:
    """Return the number of products of each category: [categories]."""
    return _products(history, np.ones(len(history.product), dtype=np.bool_), categories)


def _products(history: History, chosen: Flags, categories: int) -> Codes:
    pairs = np.unique(np.stack([history.category, history.product])[:, chosen], axis=1)
    return np.bincount(pairs[0], minlength=categories)


def active_terms(history: History, categories: int) -> Flags:
    """Return the terms that the data of each category can tell: [categories, TERMS]."""
    active = np.zeros((categories, TERMS), dtype=np.bool_)
    active[:, PRICE] = moved_products(history, categories) >= LEAST_PRODUCTS
    is_promoted = promoted_products(history, categories) >= LEAST_PRODUCTS
    active[:, PROMOTED] = is_promoted
    active[:, AFTER] = is_promoted[:, None]
    active[:, OTHERS] = is_promoted & (_unpromoted(history, categories) >= LEAST_PRODUCTS)
    row, day = np.nonzero(history.promoted & history.is_observed)
    category, depth = history.category[row], history.depth[row, day]
    count = np.maximum(np.bincount(category, minlength=categories), 1)
    mean = np.bincount(category, depth, categories) / count
    variance = np.bincount(category, (depth - mean[category]) ** 2, categories) / count
    active[:, DEPTH] = is_promoted & (np.sqrt(variance) >= LEAST_MOVE)
    return active


def _unpromoted(history: History, categories: int) -> Codes:
    """Return the number of products of each category that were observed beside a promotion."""
    group = history.category * (history.channel.max(initial=0) + 1) + history.channel
    promoted = _of_group(history.promoted & history.is_live, group) > 0
    beside = (promoted[group] & history.is_observed & ~history.promoted).any(axis=1)
    return _products(history, beside, categories)


def _of_group(values: Floats | Flags, group: Codes) -> Floats:
    """Return the sum of the rows of each group: [groups, D]."""
    sums = np.zeros((group.max(initial=0) + 1, values.shape[1]))
    np.add.at(sums, group, values)
    return sums


def expose(history: History, base: Floats, terms: Floats) -> Exposure:
    """Return factor and slopes at given terms.

    Args:
        history: S series over D days.
        base: [S, D] expected units without promotions, 0 where the series does not live.
        terms: [categories, TERMS].
    """
    own = terms[history.category]
    slopes = np.zeros((*base.shape, TERMS))
    losses = slopes[:, :, LOSSES]
    losses[:, :, 0] = _beside_others(history, base)
    losses[:, :, 1:] = _after(history, base)
    lost = np.einsum("sdk,sk->sd", losses, own[:, LOSSES])
    left = np.maximum(1.0 - lost, _LEAST_FACTOR)
    losses *= np.where(left > _LEAST_FACTOR, -1.0 / left, 0.0)[:, :, None]
    lift = np.exp(own[:, PROMOTED, None] + own[:, DEPTH, None] * history.depth)
    slopes[:, :, PRICE] = history.price_move
    slopes[:, :, PROMOTED] = history.promoted
    slopes[:, :, DEPTH] = history.depth
    return Exposure(np.where(history.promoted, lift, left), slopes)


def _beside_others(history: History, base: Floats) -> Floats:
    """Return the base of promoted products per base of the others, on the others' days: [S, D]."""
    group = history.category * (history.channel.max(initial=0) + 1) + history.channel
    promoted = _of_group(np.where(history.promoted, base, 0.0), group)
    others = _of_group(np.where(history.promoted, 0.0, base), group)
    share = np.divide(promoted, others, out=np.zeros_like(promoted), where=others > 0)
    return np.where(history.promoted | ~history.is_live, 0.0, share[group])


def _after(history: History, base: Floats) -> Floats:
    """Return the base of the newest promotion per week and base of the day: [S, D, AFTER_WEEKS]."""
    promoted, days = history.promoted, np.arange(base.shape[1])
    before = np.pad(promoted[:, :-1], ((0, 0), (1, 0)))
    first = np.maximum.accumulate(np.where(promoted & ~before, days, 0), axis=1)
    last = np.maximum.accumulate(np.where(promoted, days, -1), axis=1)
    sums = np.cumsum(np.where(promoted, base, 0.0), axis=1)
    sums = np.pad(sums, ((0, 0), (1, 0)))
    total = np.take_along_axis(sums, last + 1, axis=1) - np.take_along_axis(sums, first, axis=1)
    week = np.where(last < 0, AFTER_WEEKS, (days - last - 1) // _WEEK)
    is_after = ~promoted & history.is_live & (last >= 0) & (base > 0)
    share = np.divide(total, _WEEK * base, out=np.zeros_like(base), where=is_after)
    return np.where(week[:, :, None] == np.arange(AFTER_WEEKS), share[:, :, None], 0.0)
