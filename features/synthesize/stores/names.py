"""Name merchants, products, locations and documents of the stores."""

from __future__ import annotations

import pyarrow as pa

from features.synthesize.randomness import I64
from features.synthesize.stores.assortment import LOCATIONS
from features.synthesize.stores.lines import Lines
from features.synthesize.stores.world import World
from features.synthesize.texts import joined, named, numbers


class Names:
    """Name merchants, products, pools and documents of the stores."""

    def __init__(self, world: World, merchant_ids: list[str]) -> None:
        self.world = world
        self._merchants = pa.array(merchant_ids, pa.string())

    def merchants(self, product: I64) -> pa.Array:
        """Return the merchant of each product."""
        return self._merchants.take(pa.array(self.world.products.store[product]))

    def products(self, product: I64) -> pa.Array:
        """Return the ids of products."""
        goods = self.world.products
        return joined("t", numbers(goods.store[product]), numbers(goods.number[product]))

    def locations(self, pool: I64) -> pa.Array:
        """Return the location of each pool."""
        return named(LOCATIONS, self.world.pools.location[pool])

    def sales(self, lines: Lines) -> pa.Array:
        """Return the id of the order of each line; a guest's order has one line."""
        return self._dated("so", lines.day, lines.series, numbers(lines.number))

    def of_pools(self, prefix: str, day: I64, pool: I64) -> pa.Array:
        """Return ids of documents of a pool and day."""
        return self._dated(prefix, day, pool)

    def _dated(self, prefix: str, day: I64, index: I64, *more: pa.Array) -> pa.Array:
        number = numbers(self.world.days.first + day)
        return joined(f"{prefix}t", number, numbers(index), *more)
