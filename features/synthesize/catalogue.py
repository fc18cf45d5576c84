"""Make the products of the merchants that deliver their sales: category tree, prices, costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.synthesize.plan import Plan
from features.synthesize.randomness import F64, I64, Stream, generator

# department, category, two types, log of the median price in USD, share of the assortment's demand
_Category = tuple[str, str, tuple[str, str], float, float]
_GROCERIES: tuple[_Category, ...] = (
    ("fresh", "fruit", ("apples", "berries"), 1.0, 0.13),
    ("fresh", "vegetables", ("salad", "roots"), 0.8, 0.13),
    ("fresh", "meat", ("beef", "poultry"), 2.1, 0.10),
    ("fresh", "dairy", ("milk", "cheese"), 1.1, 0.15),
    ("pantry", "baking", ("flour", "sugar"), 0.7, 0.08),
    ("pantry", "pasta", ("dried", "filled"), 0.6, 0.09),
    ("pantry", "sweets", ("chocolate", "biscuits"), 0.9, 0.10),
    ("drinks", "coffee", ("beans", "capsules"), 2.2, 0.07),
    ("drinks", "wine", ("red", "white"), 2.4, 0.06),
    ("household", "cleaning", ("kitchen", "laundry"), 1.7, 0.05),
    ("household", "baby", ("nappies", "meals"), 2.3, 0.04),
)
_FASHION: tuple[_Category, ...] = (
    ("women", "dresses", ("summer", "evening"), 4.0, 0.16),
    ("women", "tops", ("shirts", "knitwear"), 3.3, 0.15),
    ("women", "shoes_women", ("boots", "sandals"), 4.2, 0.11),
    ("men", "shirts", ("casual", "formal"), 3.4, 0.13),
    ("men", "trousers", ("jeans", "chinos"), 3.8, 0.10),
    ("men", "shoes_men", ("sneakers", "leather"), 4.3, 0.08),
    ("kids", "school", ("bags", "uniforms"), 3.2, 0.08),
    ("kids", "toys", ("wood", "plush"), 2.9, 0.07),
    ("home", "bedding", ("linen", "blankets"), 3.7, 0.07),
    ("home", "decoration", ("candles", "frames"), 2.7, 0.05),
)
#: The categories of card transactions of the merchants that deliver sales, in turn.
TRADES = ("groceries", "fashion")
_TREES = (_GROCERIES, _FASHION)
_PER_TYPE = 10
_SPREAD = 0.45
_COST_SHARES = (0.45, 0.8)
_PACKS = np.array([1, 1, 1, 2, 6])
_DEMAND_FALLS = 0.8  # exponent: the product of rank r sells r ** -0.8 as often as the first


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One entry per product of a merchant, ordered by category.

    Args:
        names: of the categories.
        departments: one per category.
        types: two per category.
        demand: share of each category in the demand of all customers.
        category: index into `names`.
        kind: 0 or 1, the type within the category.
        price: in cents.
        cost: in cents.
        pack: pieces in a pack.
        bounds: first product of each category, and the end.
        by_demand: cumulative weights of the products.
    """

    names: tuple[str, ...]
    departments: tuple[str, ...]
    types: tuple[tuple[str, str], ...]
    demand: F64
    category: I64
    kind: I64
    price: I64
    cost: I64
    pack: I64
    bounds: I64
    by_demand: F64

    def __len__(self) -> int:
        return len(self.price)

    def choose(self, category: I64, draws: F64) -> I64:
        """Choose a product of each category, popular products more often."""
        low = self.by_demand[self.bounds[category]]
        high = self.by_demand[self.bounds[category + 1]]
        position = np.searchsorted(self.by_demand, low + draws * (high - low), side="right") - 1
        chosen: I64 = np.clip(position, self.bounds[category], self.bounds[category + 1] - 1)
        return chosen


def build(plan: Plan, seller: int) -> Catalogue:
    """Make the products of one merchant."""
    tree = _TREES[seller % len(_TREES)]
    rng = generator(plan.seed, Stream.PRODUCTS, seller)
    count = len(tree) * 2 * _PER_TYPE
    category = np.repeat(np.arange(len(tree)), 2 * _PER_TYPE)
    medians = np.array([row[3] for row in tree])[category]
    price = np.rint(100 * np.exp(medians + _SPREAD * rng.standard_normal(count)))
    low, high = _COST_SHARES
    rank = np.arange(count) % (2 * _PER_TYPE) + 1.0
    return Catalogue(
        names=tuple(row[1] for row in tree),
        departments=tuple(row[0] for row in tree),
        types=tuple(row[2] for row in tree),
        demand=np.array([row[4] for row in tree]),
        category=category,
        kind=np.arange(count) // _PER_TYPE % 2,
        price=price.astype(np.int64),
        cost=np.rint(price * (low + (high - low) * rng.random(count))).astype(np.int64),
        pack=_PACKS[rng.integers(0, len(_PACKS), count)],
        bounds=np.arange(len(tree) + 1) * 2 * _PER_TYPE,
        by_demand=np.concatenate([[0.0], np.cumsum(rank**-_DEMAND_FALLS)]),
    )
