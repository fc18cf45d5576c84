"""Measure how steady segments are from night to night, and how fresh. Pure.

Steady alone would be easy: a segment that never changes. So the measures come in pairs: few moves
and few returns, but no customer left behind in a segment that another one has replaced.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from features.platform.arrays import Codes, Flags, Floats
from scoring.segments.assignment import NIGHTS, NONE
from scoring.segments.clustering import agreement
from scoring.segments.levels import LEVELS

FLICKER_NIGHTS = 14


@dataclass(slots=True)
class History:
    """The nights of the same customers, in order.

    Attributes:
        segments: one [customers] array of indexes per night; `NONE` for a customer without one.
        nearest: the nearest centroid in the same nights.
    """

    segments: list[Codes] = field(default_factory=list)
    nearest: list[Codes] = field(default_factory=list)

    def add(self, segments: Codes, nearest: Codes) -> None:
        """Add the next night."""
        self.segments.append(segments)
        self.nearest.append(nearest)

    def night_rand(self) -> Floats:
        """Return the adjusted Rand index of each night with the night before: [nights - 1]."""
        return np.array([agreement(a[both], b[both]) for a, b, both in self._pairs()])

    def moved_shares(self) -> Floats:
        """Return the share of customers that moved, of those with a segment in both nights."""
        return np.array([np.mean(a[both] != b[both]) for a, b, both in self._pairs()])

    def flicker(self) -> float:
        """Return the share of moves that return within 14 nights; 0 without a move.

        Moves count in the nights after which 14 more are known; with fewer nights, all count.
        """
        table = np.array(self.segments)
        last = max(len(table) - FLICKER_NIGHTS, 2)
        moves = returns = 0
        for night in range(1, last):
            before, after = table[night - 1], table[night]
            moved = np.flatnonzero((before != NONE) & (after != NONE) & (before != after))
            later = table[night + 1 : night + 1 + FLICKER_NIGHTS][:, moved]
            moves += len(moved)
            returns += int((later == before[moved]).any(axis=0).sum())
        return returns / moves if moves else 0.0

    def freshness(self) -> float:
        """Return the share of customers that have moved after three nights off; 1 without any.

        A customer is off while the nearest centroid is not the segment of the night before.
        """
        due = moved = 0
        off = np.zeros(len(self.segments[0]), np.int64)
        for night in range(1, len(self.segments)):
            held, now = self.segments[night - 1], self.segments[night]
            differs = (held != NONE) & (now != NONE) & (self.nearest[night] != held)
            off = np.where(differs, off + 1, 0)
            is_due = off >= NIGHTS
            due += int(is_due.sum())
            moved += int((is_due & (now != held)).sum())
            off = np.where(now != held, 0, off)
        return moved / due if due else 1.0

    def _pairs(self) -> list[tuple[Codes, Codes, Flags]]:
        pairs = zip(self.segments, self.segments[1:], strict=False)
        return [(a, b, (a != NONE) & (b != NONE)) for a, b in pairs]


def migration(before: Codes, after: Codes) -> Codes:
    """Return the number of customers by segment before and after: [9, 9].

    The last row holds customers that are new, the last column customers that have gone.
    """
    size = len(LEVELS) + 1
    left, right = (np.where(codes == NONE, size - 1, codes) for codes in (before, after))
    counts: Codes = np.bincount(left * size + right, minlength=size * size).reshape(size, size)
    return counts


def moved_share(matrix: Codes) -> float:
    """Return the share of customers of a migration matrix that moved, of those in both nights."""
    both = matrix[:-1, :-1]
    return float(1 - np.trace(both) / both.sum()) if both.sum() else 0.0
