"""Propose transfers between the channels of a night's products, by each channel's demand. Pure.

A product takes part if it has two counted places or more and each is a channel with a forecast. A
place that serves all channels, such as a warehouse, needs no transfer. Deliveries under way are
left out, because they name no channel.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from features.platform.arrays import Flags, Floats, Integers
from scoring.decision.policy.stock import TransferSettings
from scoring.stock import plan, transfers
from scoring.stock.draws import SEPARATOR, keys_of
from scoring.stock.inbound import Inbound
from scoring.stock.night import Night
from scoring.stock.places import Names, whole
from scoring.stock.plan import CHUNK, Situation


@dataclass(frozen=True, slots=True)
class Moves:
    """K proposed transfers; each array is [K].

    Args:
        row: of the product, in ascending order.
        source: the place that gives.
        target: the place that receives.
        pieces: >= 1.
    """

    row: Integers
    source: Names
    target: Names
    pieces: Floats


def propose(
    night: Night, situation: Situation, planned: Integers, settings: TransferSettings, *, seed: int
) -> Moves:
    """Return the transfers of the planned products.

    Args:
        night: P products.
        situation: of the planned products.
        planned: their rows, in ascending order.
        settings: of the policy.
        seed: of the plan.
    """
    chosen, forecast = _channel_places(night, planned)
    row, name = night.places.row[chosen], night.places.name[chosen]
    if not len(row):
        return Moves(row, name, name, np.zeros(0))
    demand = night.channels.take(forecast)
    pairs = zip(row.tolist(), name.tolist(), strict=True)
    names = [f"{night.products[product]}{SEPARATOR}{channel}" for product, channel in pairs]
    channels = replace(
        situation.take(np.searchsorted(planned, row)),
        keys=keys_of(names),
        means=demand.units,
        dispersion=demand.scatter,
        available=np.zeros(len(row), dtype=np.int64),
        inbound=Inbound.none(),
    )
    low, high = _needs(channels, settings, seed)
    products, place = np.unique(row, return_inverse=True)
    column = np.arange(len(row)) - np.searchsorted(row, row)
    table = np.zeros((3, len(products), int(column.max()) + 1), dtype=np.int64)
    table[:, place, column] = whole(night.places.free[chosen]), low, high
    first = np.searchsorted(row, products)
    found = transfers.propose(table[0], table[1], table[2], settings.least)
    source, target = (first[found.product] + each for each in (found.source, found.target))
    return Moves(
        products[found.product], name[source], name[target], found.quantity.astype(np.float64)
    )


def _channel_places(night: Night, planned: Integers) -> tuple[Integers, Integers]:
    """Return the places that take part, and the forecast of each."""
    places, rows = night.places, len(night)
    forecast = night.channels.place_of(places.row, places.name)
    shared = np.bincount(places.row[forecast < 0], minlength=rows) > 0
    is_part: Flags = np.zeros(rows, dtype=np.bool_)
    is_part[planned] = True
    is_part &= ~shared & (np.bincount(places.row, minlength=rows) > 1)
    chosen = np.flatnonzero(is_part[places.row])
    return chosen, forecast[chosen]


def _needs(channels: Situation, settings: TransferSettings, seed: int) -> tuple[Integers, Integers]:
    parts = [
        transfers.needs(
            plan.exposure(channels.of(start, start + CHUNK), seed=seed),
            settings.low,
            settings.high,
        )
        for start in range(0, len(channels), CHUNK)
    ]
    low, high = (np.concatenate(column) for column in zip(*parts, strict=True))
    return low, high
