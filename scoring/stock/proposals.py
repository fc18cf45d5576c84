"""Propose orders: net of deliveries under way, in whole packs, with the overshoot shown. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Flags, Floats, Integers
from scoring.stock.exposure import Exposure
from scoring.stock.service import for_cycle_service, for_fill_rate


@dataclass(frozen=True, slots=True)
class Packing:
    """How a supplier sells P products; each array is [P].

    Args:
        pack: pieces of a pack, >= 1.
        minimum: least pieces of an order, >= 0.
    """

    pack: Integers
    minimum: Integers

    @property
    def least(self) -> Integers:
        """Return the pieces of the smallest order: [P], whole packs."""
        return self.rounded(np.maximum(self.minimum, 1))

    def rounded(self, pieces: Integers) -> Integers:
        """Return the pieces in whole packs, rounded up: [P]."""
        return -(-pieces // self.pack) * self.pack

    def order(self, need: Integers) -> Integers:
        """Return the order for a need: [P]; 0 without a need, else at least the minimum order."""
        return np.where(need > 0, np.maximum(self.rounded(need), self.least), 0)


@dataclass(frozen=True, slots=True)
class Target:
    """The service that P products shall have; each array is [P].

    Args:
        level: the share, in (0, 1).
        is_fill_rate: whether the share is of pieces; otherwise of order cycles.
    """

    level: Floats
    is_fill_rate: Flags


@dataclass(frozen=True, slots=True)
class Proposals:
    """The proposed orders of P products; each array is [P].

    Args:
        need: pieces that the service level asks for beyond stock and deliveries under way.
        quantity: pieces to order; 0 = none.
        overshoot: pieces that packs and the minimum order add.
        saved: expected pieces that the order sells and that are lost without it.
    """

    need: Integers
    quantity: Integers
    overshoot: Integers
    saved: Floats


def propose(exposure: Exposure, target: Target, packing: Packing) -> Proposals:
    """Return the proposal of each product for its next order day."""
    needed, cycle = exposure.preventable, exposure.cycle.mean(axis=1)
    # demand of a cycle that exceeds the smallest order makes packs the only lot
    lot = np.where(cycle >= packing.least, packing.pack, packing.least)
    by_pieces = for_fill_rate(needed, cycle, target.level, lot)
    by_cycles = for_cycle_service(needed, target.level)
    need = np.where(target.is_fill_rate, by_pieces, by_cycles)
    quantity = packing.order(need)
    saved = exposure.lost(np.zeros_like(quantity)) - exposure.lost(quantity)
    return Proposals(need, quantity, quantity - need, saved)
