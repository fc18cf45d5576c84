"""List every contradiction between counts and movements, with its size and age. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from features.platform.arrays import Flags, Floats, Integers
from scoring.stock.timeline import Timeline

_DAY_MS = 86_400_000


class Discrepancy(StrEnum):
    """The kinds of a discrepancy, and the meaning of its size in pieces."""

    COUNT_GAP = "count_gap"  # a count less the pieces by the book; negative = pieces are missing
    BELOW_ZERO = "below_zero"  # the lowest balance since a count, < 0
    NEVER_COUNTED = "never_counted"  # the sum of movements at a place without any count
    OVER_RESERVED = "over_reserved"  # pieces on hand less those promised, < 0


KINDS = tuple(Discrepancy)


@dataclass(frozen=True, slots=True)
class Discrepancies:
    """K discrepancies, sorted by product, location, kind and time: each array is [K].

    Args:
        product: its number.
        location: its number.
        kind: the index in `KINDS`.
        size: pieces, by the meaning of the kind.
        at: event time at which it appeared, milliseconds since 1970.
    """

    product: Integers
    location: Integers
    kind: Integers
    size: Integers
    at: Integers

    def __len__(self) -> int:
        return len(self.kind)

    def age_days(self, until: int) -> Floats:
        """Return the days from each discrepancy to a moment (milliseconds since 1970): [K]."""
        age: Floats = (until - self.at) / _DAY_MS
        return age

    def of(self, kind: Discrepancy) -> Flags:
        """Return which of them are of a kind: [K]."""
        is_kind: Flags = self.kind == KINDS.index(kind)
        return is_kind


def find(events: Timeline, locations: int) -> Discrepancies:
    """Return the discrepancies of a timeline.

    Args:
        events: of all places.
        locations: their number.
    """
    parts = [_count_gaps(events), _below_zero(events), _never_counted(events)]
    parts.append(_over_reserved(events))
    kind = np.repeat(np.arange(len(KINDS)), [len(event) for event, _ in parts])
    event = np.concatenate([event for event, _ in parts])
    size = np.concatenate([size for _, size in parts])
    place, at = events.place[event], events.at[event]
    order = np.lexsort((at, kind, place))
    place = place[order]
    return Discrepancies(place // locations, place % locations, kind[order], size[order], at[order])


def _count_gaps(events: Timeline) -> tuple[Integers, Integers]:
    """Compare each count with the count before it and the movements between them."""
    later = np.flatnonzero(events.is_count & (events.first < np.arange(len(events))))
    anchor = events.anchor[later - 1]
    later, anchor = later[anchor >= 0], anchor[anchor >= 0]
    gap = events.on_hand[later] - events.book(later, anchor)
    return later[gap != 0], gap[gap != 0]


def _below_zero(events: Timeline) -> tuple[Integers, Integers]:
    """Return the first event below zero of each count, and the lowest balance since that count."""
    event = np.flatnonzero(events.anchor >= 0)
    book = events.book(event, events.anchor[event])
    event, book = event[book < 0], book[book < 0]
    if not len(event):
        return event, book
    is_first = np.append(True, np.diff(events.anchor[event]) != 0)
    return event[is_first], np.minimum.reduceat(book, np.flatnonzero(is_first))


def _never_counted(events: Timeline) -> tuple[Integers, Integers]:
    last = events.last
    last = last[events.anchor[last] < 0]
    return events.first[last], events.moved[last]


def _over_reserved(events: Timeline) -> tuple[Integers, Integers]:
    """Compare the reservations of each place's newest count with the pieces on hand now."""
    last = events.last
    last = last[events.anchor[last] >= 0]
    anchor = events.anchor[last]
    free = events.book(last, anchor) - events.reserved[anchor]
    is_over = (free < 0) & (events.reserved[anchor] > 0)
    return last[is_over], free[is_over]
