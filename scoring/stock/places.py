"""Add up the pieces of the places of products, and keep back what the policy says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.platform.arrays import Flags, Floats, Integers

Names = NDArray[np.object_]
_MOST = 1e15  # a float holds every whole number up to it


@dataclass(frozen=True, slots=True)
class Places:
    """K counted places; each array is [K].

    Args:
        row: the row of the product.
        name: of the place; a channel of this name sells from it, another place serves all channels.
        on_hand: pieces, by the newest count and the movements since.
        reserved: pieces of them that are promised.
        buffered: pieces of them that the place keeps back.
    """

    row: Integers
    name: Names
    on_hand: Floats
    reserved: Floats
    buffered: Floats

    @classmethod
    def of(
        cls,
        row: Integers,
        name: Names,
        pieces: tuple[Floats, Floats],
        buffers: Mapping[str, int],
    ) -> Places:
        """Return places that keep back their buffer, as far as they have free pieces.

        Args:
            row: [K].
            name: [K].
            pieces: on hand and reserved, [K] each.
            buffers: pieces by the name of the place.
        """
        names, code = np.unique(name.astype(str), return_inverse=True)
        buffer = np.array([buffers.get(each, 0) for each in names.tolist()], dtype=np.float64)
        on_hand, reserved = pieces
        kept = np.minimum(buffer[code], np.maximum(on_hand - reserved, 0.0))
        return cls(row, name, on_hand, reserved, kept)

    @property
    def free(self) -> Floats:
        """Pieces that can be sold from each place: [K] >= 0."""
        free: Floats = np.maximum(self.on_hand - self.reserved - self.buffered, 0.0)
        return free

    def total(self, column: Floats, rows: int) -> Floats:
        """Return the sum of a column over the places of each product: [rows]."""
        total: Floats = np.bincount(self.row, column, rows).astype(np.float64)
        return total

    def available(self, rows: int) -> Floats:
        """Return the pieces of each product that can be sold: [rows] >= 0.

        A place that lacks pieces takes them from the others, as in `availability.reconcile`.
        """
        net = self.total(self.on_hand, rows) - self.total(self.reserved, rows)
        available: Floats = np.maximum(net - self.total(self.buffered, rows), 0.0)
        return available

    def is_counted(self, rows: int) -> Flags:
        """Return whether a product has a counted place: [rows]."""
        return np.bincount(self.row, minlength=rows) > 0


def whole(pieces: Floats) -> Integers:
    """Return the whole pieces within an amount: [n]; a part of a piece cannot be sold."""
    bounded = np.clip(pieces, -_MOST, _MOST)
    return np.floor(bounded + 1e-9).astype(np.int64)
