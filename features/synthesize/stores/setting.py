"""Hold the fixed parts of the world of the stores: plan, configuration, days, products, series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.synthesize.plan import Plan
from features.synthesize.randomness import F64, I64
from features.synthesize.stores import assortment, products, series, span


@dataclass(frozen=True, slots=True)
class Setting:
    """The parts of the world that do not depend on a day."""

    plan: Plan
    assortment: assortment.Assortment
    days: span.Days
    products: products.Products
    series: series.Series

    @property
    def category(self) -> I64:
        """Index of the category of each series: [S]."""
        return self.products.category[self.series.product]

    def per_category(self, name: str) -> F64:
        """Return a number of each category, by the name of the key."""
        return np.array([float(getattr(entry, name)) for entry in self.assortment.categories])


def build(plan: Plan) -> Setting:
    """Make the products and the series of all stores of a plan."""
    parameters = assortment.load()
    made = series.build(plan, parameters)
    goods = products.build(plan, parameters, made.by_product)
    return Setting(plan, parameters, span.of(plan), goods, made)
