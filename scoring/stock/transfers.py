"""Propose transfers between the channels of a product: from a surplus to a shortage. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Integers
from scoring.stock.exposure import Exposure
from scoring.stock.service import for_cycle_service

#: Share of the paths without a lost sale: until the next delivery, and until the one after it.
LOW, HIGH = 0.90, 0.98


@dataclass(frozen=True, slots=True)
class Transfers:
    """K proposed transfers; each array is [K].

    Args:
        product: the row of the product.
        source: the channel that gives.
        target: the channel that receives.
        quantity: pieces, >= 1.
    """

    product: Integers
    source: Integers
    target: Integers
    quantity: Integers


def needs(exposure: Exposure, low: float = LOW, high: float = HIGH) -> tuple[Integers, Integers]:
    """Return the pieces that each channel needs, and those beyond which it has a surplus: [n].

    Args:
        exposure: of n products in a channel, as if nothing were available.
        low: share of the paths that lose no sale before the next order arrives.
        high: share of the paths that lose no sale before the order after it arrives.
    """
    rows = len(exposure.before)
    lower = for_cycle_service(exposure.before, np.full(rows, low))
    whole = np.maximum(exposure.before, exposure.after)
    return lower, np.maximum(for_cycle_service(whole, np.full(rows, high)), lower)


def propose(available: Integers, low: Integers, high: Integers, least: int = 1) -> Transfers:
    """Return the transfers that move surplus stock to channels that run short.

    A channel gives only pieces beyond its upper need, and receives up to its lower need. So no
    transfer causes a shortage and none is sent back the next day.

    Args:
        available: [P, C] pieces that each channel can sell.
        low: [P, C] pieces that a channel needs until the next delivery for its service level.
        high: [P, C] pieces beyond which a channel holds a surplus, >= low.
        least: the smallest transfer worth its work, pieces.
    """
    surplus = np.maximum(available - high, 0)
    shortage = np.maximum(low - available, 0)
    # the largest surplus gives first, the largest shortage receives first
    givers = np.argsort(-surplus, axis=1, kind="stable")
    takers = np.argsort(-shortage, axis=1, kind="stable")
    given = np.cumsum(np.take_along_axis(surplus, givers, axis=1), axis=1)
    taken = np.cumsum(np.take_along_axis(shortage, takers, axis=1), axis=1)
    # both lie on one line of pieces: a transfer is the overlap of a giver's and a taker's stretch
    ends = np.minimum(given[:, :, None], taken[:, None, :])
    starts = np.maximum(_starts(given)[:, :, None], _starts(taken)[:, None, :])
    moved = ends - starts
    product, giver, taker = np.nonzero(moved >= max(least, 1))
    return Transfers(
        product, givers[product, giver], takers[product, taker], moved[product, giver, taker]
    )


def _starts(ends: Integers) -> Integers:
    return np.concatenate([np.zeros_like(ends[:, :1]), ends[:, :-1]], axis=1)
