"""Draw random numbers by key: a draw depends on seed, stream and key, never on the order of calls.

So the generator can repeat a span, a day's fraud episodes or a merchant's compromise at any time.
A longer plan begins with the same rows as a shorter plan.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

U64 = NDArray[np.uint64]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


class Stream(IntEnum):
    """The purpose of a sequence of draws; part of its key."""

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
    REFERENCES = 12
    KINDS = 13
    SHOPPERS = 14
    PRODUCTS = 15
    PROMOTIONS = 16
    ORDERS = 17
    STORES = 18


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
    """Convert hashes to numbers that are uniform over [0, 1)."""
    return (hashed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def pick(cumulative: F64, draws: F64) -> I64:
    """Pick an index per draw in [0, 1) from cumulative weights; their total may differ from 1."""
    position = np.searchsorted(cumulative, draws * cumulative[-1], side="right")
    index: I64 = np.minimum(position, len(cumulative) - 1).astype(np.int64)
    return index
