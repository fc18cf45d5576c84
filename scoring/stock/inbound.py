"""Place deliveries under way among the days ahead of a night. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from features.platform.arrays import Integers
from scoring.stock.lead_times import APART


@dataclass(frozen=True, slots=True)
class Inbound:
    """K deliveries under way.

    Args:
        product: [K] the row of the product.
        quantity: [K] pieces, >= 0.
        due: [K] the expected day ahead; an overdue one has a day < 1.
    """

    product: Integers
    quantity: Integers
    due: Integers

    @classmethod
    def none(cls) -> Self:
        """Return no delivery."""
        nothing = np.zeros(0, dtype=np.int64)
        return cls(nothing, nothing, nothing)

    def take(self, rows: Integers, products: int) -> Inbound:
        """Return the deliveries of some products, counted by their place among these products.

        Args:
            rows: [M] of the products.
            products: the number of all products.
        """
        place = np.full(products, -1, dtype=np.int64)
        place[rows] = np.arange(len(rows))
        product = place[self.product]
        inside = product >= 0
        return Inbound(product[inside], self.quantity[inside], self.due[inside])

    def arrivals(self, delay: Integers) -> Integers:
        """Return the day ahead on which each delivery arrives: [K, N], >= 1.

        A delivery that has not arrived yet can only have the later ones of its lead times. So a
        path with stratum n of all delays takes stratum n of the delays that are still possible.
        Deliveries of one product take the strata from different paths, so they are not late
        together.

        Args:
            delay: [P, N] days by which a delivery of a product comes later than expected.
        """
        paths = delay.shape[1]
        ordered = np.sort(delay, axis=1)
        stratum = np.argsort(np.argsort(delay, axis=1, kind="stable"), axis=1, kind="stable")
        product, due = self.product, self.due[:, None]
        path = (np.arange(paths) + APART * self._place()[:, None]) % paths
        of_path = np.take_along_axis(stratum[product], path, axis=1)
        passed = (due + ordered[product] < 1).sum(axis=1)[:, None]
        possible = np.minimum(passed + of_path * (paths - passed) // paths, paths - 1)
        later = np.take_along_axis(ordered[product], possible, axis=1)
        arrival: Integers = np.maximum(due + later, 1)
        return arrival

    def _place(self) -> Integers:
        """Return the place of each delivery among those of its product, the earliest first: [K]."""
        order = np.lexsort((self.quantity, self.due, self.product))
        product = self.product[order]
        is_first = np.append(True, product[1:] != product[:-1])[: len(product)]
        index = np.arange(len(product))
        place = np.empty(len(product), dtype=np.int64)
        place[order] = index - np.maximum.accumulate(np.where(is_first, index, 0))
        return place
