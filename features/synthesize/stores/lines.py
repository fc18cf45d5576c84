"""Make the lines of sales from the sold pieces of a world: moment and quantity of each line.

A draw depends on series, day and piece alone, so any range of days has the same lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.synthesize.calendar import CHUNK_ROWS, DAY_MS
from features.synthesize.randomness import F64, I64, mix, share
from features.synthesize.stores.clock import moment_of
from features.synthesize.stores.draws import Draw
from features.synthesize.stores.products import Flags
from features.synthesize.stores.world import World


@dataclass(frozen=True, slots=True)
class Lines:
    """One entry per line, ordered by time.

    Args:
        at: epoch milliseconds.
        series: index of the series.
        day: index of the day in the world.
        number: of the line within its series and day, from 1.
        quantity: pieces.
    """

    at: I64
    series: I64
    day: I64
    number: I64
    quantity: I64

    def __len__(self) -> int:
        return len(self.at)

    def take(self, which: NDArray[Any]) -> Lines:
        """Return the lines of a mask or an index array."""
        return Lines(*(getattr(self, item.name)[which] for item in fields(self)))


def concatenate(parts: list[Lines]) -> Lines:
    """Concatenate lines."""
    columns = ([getattr(part, item.name) for part in parts] for item in fields(Lines))
    return Lines(*(np.concatenate(column) for column in columns))


def within(world: World, start_ms: int, end_ms: int) -> Iterator[Lines]:
    """Yield the lines of [start, end) in chunks of whole days."""
    first = max(start_ms // DAY_MS - world.days.first, 0)
    last = min(-(-end_ms // DAY_MS) - world.days.first, world.days.count)
    per_day = max(float(world.units.sum()) / world.days.count, 1.0)
    step = max(int(CHUNK_ROWS / per_day), 1)
    for day in range(first, last, step):
        lines = _of_days(world, day, min(day + step, last))
        yield lines.take((lines.at >= start_ms) & (lines.at < end_ms))


@dataclass(frozen=True, slots=True)
class _Cells:
    """The part of a day in which a series sells; the pieces lie between two positions."""

    day: I64
    series: I64
    part: I64
    pieces: I64
    low: F64
    high: F64
    is_last_sold: Flags


def _of_days(world: World, first: int, last: int) -> Lines:
    cells = _cells(world, first, last)
    cell = np.repeat(np.arange(len(cells.pieces)), cells.pieces)
    ends = np.cumsum(cells.pieces)
    piece = np.arange(len(cell)) - (ends - cells.pieces)[cell]
    seed, part = world.plan.seed, cells.part[cell]
    series, day = cells.series[cell], cells.day[cell]
    key = mix(seed, Draw.LINES, series, day, part, piece)
    position = cells.low[cell] + (cells.high - cells.low)[cell] * share(key)
    position = position[np.lexsort((position, cell))]
    # the stock runs out at the moment of its last piece
    position[(ends - 1)[cells.is_last_sold]] = cells.high[cells.is_last_sold]
    chance = 1 / world.series.pieces_per_line[series]
    starts = np.flatnonzero((piece == 0) | (share(mix(key, 1)) < chance))
    closes = np.append(starts[1:], len(cell)) - 1
    series, day = series[starts], day[starts]
    order = np.lexsort((closes, series, day))
    same = day[order] * len(world.series) + series[order]
    number = np.empty(len(starts), np.int64)
    number[order] = np.arange(len(starts)) - np.searchsorted(same, same) + 1
    lines = Lines(
        at=(world.days.first + day) * DAY_MS + moment_of(position[closes]),
        series=series,
        day=day,
        number=number,
        quantity=closes - starts + 1,
    )
    return lines.take(np.argsort(lines.at, kind="stable"))


def _cells(world: World, first: int, last: int) -> _Cells:
    """Return the parts of days with a sale, ordered by part, day and series."""
    sold, pools = world.sold, world.pools
    zero, one = np.zeros_like(sold.noon), np.ones_like(sold.noon)
    parts = []
    for part, (units, low, high, limit) in enumerate(
        (
            (sold.morning, zero, sold.morning_end, sold.noon),
            (sold.evening, sold.noon, sold.evening_end, one),
        )
    ):
        pieces = units[:, first:last].T
        day, series = np.nonzero(pieces)
        pool = pools.of_series[series]
        leads = pools.firsts[pool]
        takes_last = (series == leads) | (pieces[day, leads] == 0)
        day = day + first
        parts.append(
            (
                day,
                series,
                np.full(len(day), part),
                units[series, day],
                low[day, pool],
                high[day, pool],
                takes_last & (high < limit)[day, pool],
            )
        )
    return _Cells(*(np.concatenate(column) for column in zip(*parts, strict=True)))
