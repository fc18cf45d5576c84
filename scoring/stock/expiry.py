"""Estimate the pieces that expire before they are sold; the first to expire is sold first. Pure.

With that rule the pieces that have expired by the date of a batch are the maximum, over this batch
and earlier ones, of the stock up to a batch less the demand until its date. The rule is that of
first expired, first out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Flags, Floats, Integers
from scoring.stock.paths import Paths


@dataclass(frozen=True, slots=True)
class Batches:
    """K batches; each array is [K].

    Args:
        product: the row of the product.
        quantity: pieces, >= 0.
        expires: the last day ahead on which the batch may be sold; < 1 = it has expired.
    """

    product: Integers
    quantity: Integers
    expires: Integers


def order(batches: Batches) -> Integers:
    """Return the batches in the order in which they are sold: by product, then by date: [K]."""
    return np.lexsort((np.arange(len(batches.product)), batches.expires, batches.product))


def left(batches: Batches, on_hand: Integers) -> Batches:
    """Return the batches of a count without the pieces that have left since.

    Args:
        batches: K, as counted.
        on_hand: [P] pieces of each product now.
    """
    sold_first = order(batches)
    product, quantity = batches.product[sold_first], batches.quantity[sold_first]
    is_first = np.append(True, product[1:] != product[:-1])[: len(product)]
    counted = np.bincount(product, quantity, len(on_hand)).astype(np.int64)
    gone = np.maximum(counted - np.maximum(on_hand, 0), 0)[product]
    until = _within(np.cumsum(quantity), is_first, quantity)
    remaining = np.empty_like(quantity)
    remaining[sold_first] = np.clip(until - gone, 0, quantity)
    return Batches(batches.product, remaining, batches.expires)


def expected_expired(batches: Batches, demand: Paths) -> Floats:
    """Return the expected pieces of each batch that expire unsold: [K].

    A batch that expires after the last simulated day counts as not expiring.

    Args:
        batches: K.
        demand: [P, T, N] pieces.
    """
    sold_first = order(batches)
    product, quantity = batches.product[sold_first], batches.quantity[sold_first]
    expires = batches.expires[sold_first]
    days, paths = demand.shape[1], demand.shape[2]
    total = np.cumsum(demand, axis=1)
    until = total[product, np.clip(expires, 1, days) - 1] * (expires > 0)[:, None]
    is_first = np.append(True, product[1:] != product[:-1])[: len(product)]
    stock = _within(np.cumsum(quantity), is_first, quantity)
    surplus = np.where((expires <= days)[:, None], stock[:, None] - until, 0)
    gone = _running_maximum(np.maximum(surplus, 0), is_first)
    earlier = np.concatenate([np.zeros((1, paths), dtype=np.int64), gone])[:-1]
    lost = gone - np.where(is_first[:, None], 0, earlier[: len(gone)])
    expired = np.empty(len(sold_first))
    expired[sold_first] = lost.mean(axis=1)
    return expired


def _within(sums: Integers, is_first: Flags, values: Integers) -> Integers:
    """Return running sums that begin anew at each first row."""
    before = (sums - values)[is_first]
    within: Integers = sums - before[np.cumsum(is_first) - 1]
    return within


def _running_maximum(values: Integers, is_first: Flags) -> Integers:
    """Return running maxima that begin anew at each first row: [K, N], values >= 0."""
    group = np.cumsum(is_first) - 1
    # a later group starts above every value of the earlier ones
    step = int(values.max(initial=0)) + 1
    lift = (group * step)[:, None]
    maximum: Integers = np.maximum.accumulate(values + lift, axis=0) - lift
    return maximum
