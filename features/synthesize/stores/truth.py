"""Write the truth of the stores beside the landing area, for measurements.

No feed has these columns, and the files lie outside the landing area, as other truth does.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from features.synthesize.feed_shapes import SOURCE
from features.synthesize.stores.assortment import CHANNELS, CLASSES
from features.synthesize.stores.names import Names
from features.synthesize.stores.products import NEVER
from features.synthesize.texts import joined, named, numbers

DEMAND = f"truth/{SOURCE}/demand.parquet"
SERIES = f"truth/{SOURCE}/series.parquet"
CATEGORIES = f"truth/{SOURCE}/categories.parquet"
STORE_PROMOTIONS = f"truth/{SOURCE}/store_promotions.parquet"
STOCK_DIFFERENCES = f"truth/{SOURCE}/stock_differences.parquet"
_CHUNK_CELLS = 500_000


def demand(names: Names) -> Iterator[pa.Table]:
    """Yield one row per series and day of its life: the expectation before censoring, the stock."""
    world, days = names.world, names.world.days
    step = max(_CHUNK_CELLS // days.count, 1)
    for start in range(0, len(world.series), step):
        series = np.arange(start, min(start + step, len(world.series)))
        born = world.products.born[world.series.product[series]]
        row, day = np.nonzero(days.numbers >= born[:, None])
        row = series[row]
        product = world.series.product[row]
        yield pa.table({
            "merchant_id": names.merchants(product),
            "product_id": names.products(product),
            "channel": named(CHANNELS, world.series.channel[row]),
            "day": _dates(days.first + day),
            "expected_units": world.expected[row, day],
            "is_promoted": world.promotion[row, day] >= 0,
            "class": named(CLASSES, world.series.demand_class[row]),
            "stock_share": world.stock_share[row, day],
        })  # fmt: skip


def series(names: Names) -> pa.Table:
    """Return one row per series: its class and the flags of its product."""
    world, product = names.world, names.world.series.product
    goods = world.products
    flags = ("seasonal", "promoted", "stocked_out", "new", "dead", "central")
    columns = {
        "merchant_id": names.merchants(product),
        "product_id": names.products(product),
        "channel": named(CHANNELS, world.series.channel),
        "category": named(_categories(names), world.category),
        "class": named(CLASSES, world.series.demand_class),
        "mean_units": world.series.units,
        "born_on": _dates(goods.born[product]),
        "dies_on": _dates(goods.dies[product], goods.dies[product] == NEVER),
    }
    return pa.table(
        columns | {f"is_{flag}": getattr(goods, f"is_{flag}")[product] for flag in flags}
    )


def categories(names: Names) -> pa.Table:
    """Return the true response of each category to prices and promotions."""
    entries = names.world.assortment.categories
    truths = ("elasticity", "uplift", "pull_forward", "cannibalisation", "price_changes")
    values = {truth: [getattr(entry, truth) for entry in entries] for truth in truths}
    return pa.table({"category": list(_categories(names))} | values)


def promotions(names: Names) -> pa.Table:
    """Return one row per promotion and channel, with the pieces that it truly added."""
    world = names.world
    offers, days, (which, row) = world.promotions, world.days, world.promotions.covers()
    effect = np.zeros((len(world.series), days.count + 1))
    np.cumsum(world.expected - world.baseline, axis=1, out=effect[:, 1:])
    base = np.zeros_like(effect)
    np.cumsum(world.baseline, axis=1, out=base[:, 1:])
    first = np.minimum(offers.first[which] - days.first, days.count)
    after = np.minimum(offers.last[which] - days.first + 1, days.count)
    product = offers.product[which]
    return pa.table({
        "promotion_id": joined("pr", numbers(offers.cycle[which]), numbers(product)),
        "merchant_id": names.merchants(product),
        "product_id": names.products(product),
        "channel": named(CHANNELS, world.series.channel[row]),
        "first_day": _dates(offers.first[which]),
        "last_day": _dates(offers.last[which]),
        "discount": offers.discount[which],
        "baseline_units": base[row, after] - base[row, first],
        "added_units": effect[row, after] - effect[row, first],
    })  # fmt: skip


def differences(names: Names) -> pa.Table:
    """Return the pieces that appeared, or disappeared if negative, without a movement."""
    world = names.world
    day, pool = np.nonzero(world.stock.uncounted)
    product = world.pools.product[pool]
    return pa.table({
        "merchant_id": names.merchants(product),
        "product_id": names.products(product),
        "location": names.locations(pool),
        "day": _dates(world.days.first + day),
        "pieces": world.stock.uncounted[day, pool],
    })  # fmt: skip


def _categories(names: Names) -> tuple[str, ...]:
    return tuple(entry.name for entry in names.world.assortment.categories)


def _dates(days: np.ndarray, missing: np.ndarray | None = None) -> pa.Array:
    return pa.array(days.astype(np.int32), pa.date32(), mask=missing)
