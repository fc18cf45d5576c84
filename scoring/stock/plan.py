"""Plan the stock of any number of products in chunks: outlook and order proposals. Pure.

Memory is bounded by the chunk: a chunk of 128 products with 256 paths of 60 days holds about 16 MB
per array. No result depends on the chunk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np

from features.platform.arrays import Floats, Integers
from scoring.models.dispersion import Dispersion
from scoring.stock import lead_times
from scoring.stock.draws import Keys
from scoring.stock.exposure import Exposure, expose
from scoring.stock.inbound import Inbound
from scoring.stock.lead_times import Supply
from scoring.stock.outlook import Outlook, outlook
from scoring.stock.paths import PATHS, extended, simulate
from scoring.stock.proposals import Packing, Proposals, Target, propose

CHUNK = 128
LONGEST = 365  # days ahead; a longer period is cut

Rows = TypeVar("Rows", Supply, Dispersion, Packing, Target, Outlook, Proposals)


@dataclass(frozen=True, slots=True)
class Situation:
    """The state of P products on a night.

    Args:
        keys: [P] of the products.
        means: [P, H] forecast, pieces a day, >= 0.
        dispersion: [P] of each product's class.
        supply: [P] of the suppliers.
        packing: [P] of the suppliers.
        target: [P] service.
        available: [P] pieces that can be sold.
        inbound: deliveries under way.
    """

    keys: Keys
    means: Floats
    dispersion: Dispersion
    supply: Supply
    packing: Packing
    target: Target
    available: Integers
    inbound: Inbound

    def __len__(self) -> int:
        return len(self.keys)

    def of(self, start: int, stop: int) -> Situation:
        """Return the state of the products [start, stop)."""
        return self.take(np.arange(start, min(stop, len(self))))

    def take(self, rows: Integers) -> Situation:
        """Return the state of some products, in ascending order."""
        return Situation(
            self.keys[rows],
            self.means[rows],
            _rows(self.dispersion, rows),
            _rows(self.supply, rows),
            _rows(self.packing, rows),
            _rows(self.target, rows),
            self.available[rows],
            self.inbound.take(rows, len(self)),
        )


def plan(
    situation: Situation, *, seed: int, paths: int = PATHS, chunk: int = CHUNK
) -> tuple[Outlook, Proposals]:
    """Return the outlook and the proposal of each product: [P]."""
    parts = [
        _planned(situation.of(start, start + chunk), seed, paths)
        for start in range(0, max(len(situation), 1), chunk)
    ]
    return _joined([part[0] for part in parts]), _joined([part[1] for part in parts])


def exposure(situation: Situation, *, seed: int, paths: int = PATHS) -> Exposure:
    """Return the exposure of each product of one chunk."""
    period = lead_times.draw(situation.supply, situation.keys, seed=seed, paths=paths)
    period = period.cut(LONGEST)
    means = extended(situation.means, int(period.end.max(initial=1)))
    demand = simulate(
        means, situation.dispersion, situation.keys, period.days, seed=seed, paths=paths
    )
    return expose(demand, situation.available, situation.inbound, period)


def _planned(situation: Situation, seed: int, paths: int) -> tuple[Outlook, Proposals]:
    exposed = exposure(situation, seed=seed, paths=paths)
    return (
        outlook(situation.means, situation.available, exposed),
        propose(exposed, situation.target, situation.packing),
    )


def _rows(values: Rows, rows: Integers) -> Rows:
    return _mapped(values, lambda name: getattr(values, name)[rows])


def _joined(parts: list[Rows]) -> Rows:
    return _mapped(parts[0], lambda name: np.concatenate([getattr(part, name) for part in parts]))


def _mapped(values: Rows, column: Callable[[str], object]) -> Rows:
    return type(values)(*(column(field.name) for field in fields(values)))  # type: ignore[arg-type]
