"""Randomness by key: every draw depends on the seed and on what it is for, never on its order.

A span of time, a day's fraud episodes or a merchant's compromise can so be made again at any time,
and a longer run begins with the same rows as a shorter one.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

U64 = NDArray[np.uint64]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


class Stream(IntEnum):
    """What a sequence of draws is for; part of its key."""

    CUSTOMERS = 1
    MERCHANTS = 2
    ACTIVITY = 3
    EPISODES = 4
    COMPROMISES = 5
    ATTRIBUTES = 6
    LABELS = 7
    FAULTS = 8
    RATES = 9
    APPLICANTS = 10
    APPLICATIONS = 11


def generator(seed: int, stream: Stream, *key: int) -> np.random.Generator:
    """Return the generator of one stream and key (non-negative integers)."""
    entropy = np.random.SeedSequence([seed, int(stream), *key])
    return np.random.Generator(np.random.SFC64(entropy))


def mix(*parts: NDArray[np.generic] | int) -> U64:
    """Hash integers, element by element, to 64 well-mixed bits (splitmix64)."""
    state: U64 = np.zeros(1, np.uint64)
    with np.errstate(over="ignore"):
        for part in parts:
            word = np.asarray(part).astype(np.int64).astype(np.uint64)
            state = (state ^ word) + np.uint64(0x9E3779B97F4A7C15)
            state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            state = state ^ (state >> np.uint64(31))
    return state


def share(hashed: U64) -> F64:
    """Turn hashes into numbers spread evenly over [0, 1)."""
    return (hashed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def pick(cumulative: F64, draws: F64) -> I64:
    """Pick an index per draw in [0, 1) from cumulative weights (not necessarily up to 1)."""
    found = np.searchsorted(cumulative, draws * cumulative[-1], side="right")
    index: I64 = np.minimum(found, len(cumulative) - 1).astype(np.int64)
    return index
