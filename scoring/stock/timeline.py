"""Order the counts and movements of each place by event time. Pure.

A place is a product at a location. The newest count up to an event is the event's anchor: the
pieces on hand after the event are those of the anchor and all movements since.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Flags, Integers
from scoring.stock.movements import Counts, Entries


@dataclass(frozen=True, slots=True)
class Timeline:
    """Events by place and time, one per place, instant and sort: each array is [n].

    Movements of one instant are one event; a count of the same instant follows them.

    Args:
        place: of the event.
        at: event time, milliseconds since 1970.
        moved: pieces moved at the place up to and with the event.
        is_count: whether the event is a count.
        on_hand: counted pieces; 0 of movements.
        reserved: promised pieces of a count; 0 of movements.
        first: the first event of the same place.
        anchor: the newest count of the place up to the event; -1 = none.
    """

    place: Integers
    at: Integers
    moved: Integers
    is_count: Flags
    on_hand: Integers
    reserved: Integers
    first: Integers
    anchor: Integers

    def __len__(self) -> int:
        return len(self.place)

    def book(self, event: Integers, anchor: Integers) -> Integers:
        """Return the pieces on hand after events by the count of their anchors, which exist."""
        return self.on_hand[anchor] + self.moved[event] - self.moved[anchor]

    @property
    def last(self) -> Integers:
        """Return the last event of each place."""
        changes = self.place[1:] != self.place[:-1]
        return np.flatnonzero(np.append(changes, True)[: len(self)])


def timeline(counts: Counts, moved: Entries, locations: int) -> Timeline:
    """Return the timeline of all places that have an event.

    Args:
        counts: each key once.
        moved: signed pieces per place.
        locations: their number.
    """
    place = np.concatenate([moved.place, counts.product * locations + counts.location])
    at = np.concatenate([moved.at, counts.at])
    is_count = np.repeat([False, True], [len(moved.at), len(counts.at)])
    events, row = _distinct(place, is_count, at)
    pieces, on_hand, reserved = (
        totals(row, np.concatenate(parts), len(events))
        for parts in (
            (moved.pieces, np.zeros_like(counts.on_hand)),
            (np.zeros_like(moved.pieces), counts.on_hand),
            (np.zeros_like(moved.pieces), counts.reserved),
        )
    )
    place, at, is_count = place[events], at[events], is_count[events]
    index = np.arange(len(events))
    is_first = np.append(True, place[1:] != place[:-1])[: len(events)]
    first = np.maximum.accumulate(np.where(is_first, index, 0))
    anchor = np.maximum.accumulate(np.where(is_count, index, -1))
    total = np.cumsum(pieces)
    return Timeline(
        place,
        at,
        total - (total - pieces)[first],
        is_count,
        on_hand,
        reserved,
        first,
        np.where(anchor >= first, anchor, -1),
    )


def _distinct(place: Integers, is_count: Flags, at: Integers) -> tuple[Integers, Integers]:
    """Return a row per distinct event, in order, and the event of each row."""
    order = np.lexsort((is_count, at, place))
    columns = [column[order] for column in (place, at, is_count)]
    is_new = np.zeros(len(order), dtype=np.bool_)
    is_new[:1] = True
    for column in columns:
        is_new[1:] |= column[1:] != column[:-1]
    row = np.empty(len(order), dtype=np.int64)
    row[order] = np.cumsum(is_new) - 1
    return order[is_new], row


def totals(row: Integers, values: Integers, rows: int) -> Integers:
    """Return the sum of the values of each row: [rows], exact."""
    total = np.zeros(rows, dtype=np.int64)
    np.add.at(total, row, values)
    return total
