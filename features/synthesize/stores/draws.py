"""Name the sequences of random draws of the stores; each draw depends on its sequence alone.

Matrices are drawn day by day, so a longer plan begins with the same days.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from features.synthesize.plan import Plan
from features.synthesize.randomness import F64, I64, Stream, generator


class Draw(IntEnum):
    """The purpose of a sequence of draws."""

    PRODUCTS = 1
    SERIES = 2
    PRICES = 3
    PROMOTIONS = 4
    LEVELS = 5
    DEMAND = 6
    MORNINGS = 7
    LEAD_TIMES = 8
    LOSSES = 9
    SHARES = 10
    RUN_OUTS = 11
    RECEIPTS = 12
    LINES = 13


def draws(plan: Plan, purpose: Draw, part: int = 0) -> np.random.Generator:
    """Return the generator of one purpose."""
    return generator(plan.seed, Stream.STORES, int(purpose), part)


def allot(rng: np.random.Generator, count: int, shares: list[float]) -> I64:
    """Return a number for each of `count` members, so that each share is met within one member.

    The number `len(shares)` marks the members beyond all shares.
    """
    bounds = np.rint(count * np.cumsum(shares)).astype(np.int64)
    numbers: I64 = np.searchsorted(bounds, np.arange(count), side="right").astype(np.int64)
    return numbers[rng.permutation(count)]


def between(rng: np.random.Generator, count: int, limits: tuple[float, float]) -> F64:
    """Draw numbers whose logarithm is uniform between two limits."""
    low, high = np.log(limits[0]), np.log(limits[1])
    numbers: F64 = np.exp(low + (high - low) * rng.random(count))
    return numbers
