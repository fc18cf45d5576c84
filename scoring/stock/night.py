"""Hold the facts of a night's products from which a plan follows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Floats, Integers
from scoring.stock import order_days
from scoring.stock.channels import Channels
from scoring.stock.expiry import Batches
from scoring.stock.inbound import Inbound
from scoring.stock.lead_times import Supply
from scoring.stock.places import Names, Places, whole
from scoring.stock.proposals import Packing


@dataclass(frozen=True, slots=True)
class Night:
    """The facts of P products.

    Args:
        products: [P] a name per product that no other product has; its random numbers follow.
        numbers: [P] each feature of the view, NaN = null.
        order_days: [P] weekdays of the supplier, as text.
        places: the counted places.
        channels: the forecasts.
        sold_row: [K] the product of each channel in which a product sells.
        sold_in: [K] these channels.
        inbound: deliveries under way.
        batches: pieces with a date.
    """

    products: Sequence[str]
    numbers: Mapping[str, Floats]
    order_days: Sequence[str | None]
    places: Places
    channels: Channels
    sold_row: Integers
    sold_in: Names
    inbound: Inbound
    batches: Batches

    def __len__(self) -> int:
        return len(self.products)

    @property
    def supply(self) -> Supply:
        """The suppliers: [P]."""
        days = order_days.read(self.order_days)
        wait, review = order_days.next_orders(days, self.numbers["night_day"].astype(np.int64))
        lead_time, deviation = (
            self.numbers[name] for name in ("lead_time_days", "lead_time_sd_days")
        )
        return Supply(lead_time, deviation, wait, review)

    @property
    def packing(self) -> Packing:
        """How the suppliers pack: [P]; an unknown pack is of one piece."""
        pack = np.nan_to_num(self.numbers["pack_units"], nan=1.0)
        minimum = np.nan_to_num(self.numbers["minimum_order"])
        return Packing(np.maximum(-whole(-pack), 1), np.maximum(-whole(-minimum), 0))
