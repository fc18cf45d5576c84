"""Assign customers to segments without flicker: a night depends on the night before. Pure.

The nearest centroid alone would move customers to and fro at the borders. A customer keeps the
segment of the night before unless another centroid is clearly nearer, or has been nearer for three
nights. The first rule lets news through at once, the second lets no customer stay for good in a
segment that is no longer the nearest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Codes, Flags, Floats, Integers
from scoring.segments.levels import LEVELS

MARGIN = 0.8  # of the own distance; a nearer centroid moves a customer at once
NIGHTS = 3  # in a row with another nearest centroid; then the customer moves
STALE_DAYS = 7  # an older state is none: the customer had left the look-back, or runs failed
NONE = -1  # the index of no segment


@dataclass(frozen=True, slots=True)
class State:
    """The state of n customers after the night before.

    Attributes:
        segment: the index of the segment, or `NONE`.
        nights_off: nights in a row in which another centroid was nearest.
    """

    segment: Codes
    nights_off: Integers

    @classmethod
    def of_new(cls, count: int) -> State:
        """Return the state of customers without an earlier night."""
        return cls(np.full(count, NONE, np.int64), np.zeros(count, np.int64))


@dataclass(frozen=True, slots=True)
class Assigned:
    """The segments of n customers, each array [n].

    Attributes:
        segment: the index of the segment.
        own_distance: to its centroid.
        runner_up: the index of the nearest other segment.
        runner_up_distance: to its centroid.
        nearest: the index of the nearest centroid.
        nights_off: nights in a row with another nearest centroid, this night included.
    """

    segment: Codes
    own_distance: Floats
    runner_up: Codes
    runner_up_distance: Floats
    nearest: Codes
    nights_off: Integers


def assign(distances: Floats, before: State) -> Assigned:
    """Assign n customers.

    A customer without a segment, or with one that the model no longer has, takes the nearest.

    Args:
        distances: [n, 8] to each segment's centroid; infinite for an unused level.
        before: the state after the night before.
    """
    rows = np.arange(len(distances))
    nearest = distances.argmin(axis=1)
    held_distance = distances[rows, np.maximum(before.segment, 0)]
    is_held = (before.segment != NONE) & np.isfinite(held_distance)
    differs = is_held & (nearest != before.segment)
    nights_off = np.where(differs, before.nights_off + 1, 0)
    is_clear = distances[rows, nearest] < MARGIN * held_distance
    stays = is_held & ~(differs & (is_clear | (nights_off >= NIGHTS)))
    segment = np.where(stays, before.segment, nearest)
    others = distances.copy()
    others[rows, segment] = np.inf
    runner_up = others.argmin(axis=1)
    return Assigned(
        segment,
        distances[rows, segment],
        runner_up,
        others[rows, runner_up],
        nearest,
        np.where(segment == nearest, 0, nights_off),
    )


@dataclass(frozen=True, slots=True)
class Night:
    """The facts of n customers that explain a move.

    Attributes:
        recency_days: since the last purchase day; infinite without one.
        has_earlier: whether an earlier night has a segment, however old.
        is_stale: whether that night is too old to count.
        is_refitted: whether another model assigned that segment.
    """

    recency_days: Floats
    has_earlier: Flags
    is_stale: Flags
    is_refitted: Flags


REASONS = ("new", "returned", "refit", "purchase", "ageing")


def move_reasons(segment: Codes, before: State, night: Night) -> list[str | None]:
    """Return the reason of each move, or None for a customer that stays: [n].

    - new: no earlier night has a segment.
    - returned: the newest earlier night is stale, so the customer starts again.
    - refit: another model assigned the segment before.
    - purchase: the customer bought within the nights in which another centroid was nearest.
    - ageing: time passed, or goods went back.
    """
    moved = segment != before.segment
    recent = night.recency_days <= before.nights_off
    causes = [
        ~night.has_earlier,
        night.is_stale,
        moved & night.is_refitted,
        moved & recent,
        moved,
    ]
    table = np.array([*REASONS, None], dtype=object)
    first = np.argmax([*causes, np.ones(len(moved), dtype=bool)], axis=0)
    reasons: list[str | None] = table[first].tolist()
    return reasons


def words_of(indexes: Codes, is_known: Flags) -> list[str | None]:
    """Return the ids of segments by index, or None where there is none: [n]."""
    table = np.array([*LEVELS, None], dtype=object)
    chosen: list[str | None] = table[np.where(is_known, indexes, len(LEVELS))].tolist()
    return chosen
