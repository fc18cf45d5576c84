"""Make the reference files: the home of most customers, the category and place of most merchants.

A bank knows its customers and merchants before their transactions. A few are left out, because real
reference files lack some too. An online shop has no place.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from features.synthesize import identifiers
from features.synthesize.calendar import DAY_MS, epoch_ms
from features.synthesize.feed_shapes import CUSTOMERS, MERCHANTS
from features.synthesize.merchants import CATEGORIES
from features.synthesize.randomness import F64, I64, Stream, generator
from features.synthesize.render import instants
from features.synthesize.world import World

KNOWN_CUSTOMERS, KNOWN_MERCHANTS = 0.9, 0.95
_TENURE_DAYS = 3650


def customers(world: World) -> pa.Table:
    """Return the rows of the customers that the bank knows before the first transaction."""
    count = len(world.customers.home)
    draws = generator(world.plan.seed, Stream.REFERENCES, 1).random((2, count))
    known = np.flatnonzero(draws[0] < KNOWN_CUSTOMERS)
    codes = pa.array(world.places.codes, pa.string())
    columns = {
        "customer_id": identifiers.customer_ids(known),
        "location": codes.take(pa.array(world.customers.home[known])),
        **_since(world, draws[1, known]),
    }
    return pa.table(columns, schema=CUSTOMERS.schema)


def merchants(world: World) -> pa.Table:
    """Return the rows of the merchants that the bank knows before the first transaction."""
    shops = world.merchants
    count = len(shops.category)
    draws = generator(world.plan.seed, Stream.REFERENCES, 2).random((2, count))
    is_seller = np.arange(count) >= shops.sellers.start
    known = np.flatnonzero((draws[0] < KNOWN_MERCHANTS) | is_seller)
    codes = pa.array([*world.places.codes, None], pa.string())  # the last place is the web
    columns = {
        "merchant_id": identifiers.merchant_ids(count).take(pa.array(known)),
        "category": pa.array(CATEGORIES, pa.string()).take(pa.array(shops.category[known])),
        "location": codes.take(pa.array(shops.place[known])),
        **_since(world, draws[1, known]),
    }
    return pa.table(columns, schema=MERCHANTS.schema)


def _since(world: World, draws: F64) -> dict[str, pa.Array]:
    """Return the day of each opening, and the moment from which the bank states it."""
    start = epoch_ms(world.plan.start)
    opened: I64 = start // DAY_MS - 1 - (draws * _TENURE_DAYS).astype(np.int64)
    return {
        "opened_on": pa.array(opened.astype("datetime64[D]")).cast(pa.string()),
        "known_at": instants(np.full(len(draws), start, np.int64)),
    }
