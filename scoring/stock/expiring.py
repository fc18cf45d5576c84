"""Estimate the pieces of a night's products that expire before they are sold. Pure."""

from __future__ import annotations

import numpy as np

from features.platform.arrays import Floats, Integers
from scoring.stock import expiry
from scoring.stock.expiry import Batches
from scoring.stock.paths import extended, simulate
from scoring.stock.plan import CHUNK, Situation

#: A batch that expires later is not at risk yet.
DAYS = 91


def expected(situation: Situation, batches: Batches, *, seed: int) -> Floats:
    """Return the expected pieces of each product that expire within `DAYS`: [P].

    Args:
        situation: of P products.
        batches: of these products, as they are now.
        seed: of the plan.
    """
    expiring = np.zeros(len(situation))
    is_near = (batches.expires <= DAYS) & (batches.quantity > 0)
    near = Batches(*(column[is_near] for column in _columns(batches)))
    products = np.unique(near.product)
    for start in range(0, len(products), CHUNK):
        chosen = products[start : start + CHUNK]
        rows = np.isin(near.product, chosen)
        place = np.searchsorted(chosen, near.product[rows])
        part = Batches(place, near.quantity[rows], near.expires[rows])
        expiring[chosen] = _of_chunk(situation.take(chosen), part, seed)
    return expiring


def _of_chunk(situation: Situation, batches: Batches, seed: int) -> Floats:
    days = np.ones(len(situation), dtype=np.int64)
    np.maximum.at(days, batches.product, batches.expires)
    means = extended(situation.means, int(days.max()))
    demand = simulate(means, situation.dispersion, situation.keys, days, seed=seed)
    expired = expiry.expected_expired(batches, demand)
    return np.bincount(batches.product, expired, len(situation)).astype(np.float64)


def _columns(batches: Batches) -> tuple[Integers, Integers, Integers]:
    return batches.product, batches.quantity, batches.expires
