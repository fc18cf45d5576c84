"""Join the forecasts of a product's channels to the demand of the product. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Flags, Floats, Integers, row_sums
from scoring.models import dispersion
from scoring.models.dispersion import Dispersion
from scoring.stock.places import Names


@dataclass(frozen=True, slots=True)
class Channels:
    """S forecasts of products in channels.

    Args:
        row: [S] the row of the product, in ascending order.
        name: [S] of the channel.
        units: [S, H] expected pieces a day.
        scatter: [S] of the demand around them.
    """

    row: Integers
    name: Names
    units: Floats
    scatter: Dispersion

    def take(self, chosen: Integers) -> Channels:
        """Return some forecasts."""
        return Channels(
            self.row[chosen], self.name[chosen], self.units[chosen], self.scatter.take(chosen)
        )

    def expected(self, rows: int) -> Floats:
        """Return the expected pieces of each product and day: [rows, H]."""
        total = np.zeros((rows, self.units.shape[1]))
        np.add.at(total, self.row, self.units)
        return total

    def dispersion(self, rows: int) -> Dispersion:
        """Return the scatter of each product's demand: [rows]."""
        usual = row_sums(self.units) / self.units.shape[1]
        return dispersion.of_sums(self.scatter, usual, self.row, rows)

    def place_of(self, row: Integers, name: Names) -> Integers:
        """Return the forecast of each pair of product and channel: [n], -1 = it has none."""
        _, code = np.unique(np.concatenate([self.name, name]).astype(str), return_inverse=True)
        pair = np.concatenate([self.row, row]) * (len(code) + 1) + code
        own, searched = pair[: len(self.row)], pair[len(self.row) :]
        if not len(own):
            return np.full(len(searched), -1, dtype=np.int64)
        order = np.argsort(own)
        place = np.searchsorted(own, searched, sorter=order)
        found = order[np.minimum(place, len(own) - 1)]
        return np.where(own[found] == searched, found, -1)

    def covers(self, row: Integers, name: Names, rows: int) -> Flags:
        """Return whether each channel in which a product sells has a forecast: [rows]."""
        is_missing = self.place_of(row, name) < 0
        is_covered: Flags = np.bincount(row[is_missing], minlength=rows) == 0
        return is_covered
