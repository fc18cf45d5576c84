"""Compute the times of transactions: spans, local hours, daily and weekly rhythms."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from features.synthesize.plan import DAY, HOUR, Plan
from features.synthesize.randomness import F64, I64

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

# approximate number of rows in memory; no span expects more
CHUNK_ROWS = 200_000

# three rhythms by hour: by day, in the evening, at night
_RHYTHMS = np.array([
    [1, .6, .4, .3, .4, 1, 3, 5, 7, 8, 8, 9, 10, 9, 8, 8, 9, 10, 9, 7, 5, 4, 3, 2],
    [3, 1.5, .8, .5, .3, .4, 1, 2, 3, 4, 5, 6, 7, 7, 7, 7, 8, 10, 12, 13, 12, 10, 8, 5],
    [10, 9, 8, 6, 4, 2, 1, 1, 1, 1, 1, 2, 3, 3, 3, 4, 5, 6, 7, 8, 9, 10, 11, 11],
])  # fmt: skip
RHYTHMS: F64 = _RHYTHMS / _RHYTHMS.sum(axis=1, keepdims=True)
WEEKDAYS: F64 = np.array([0.92, 0.92, 0.95, 0.98, 1.12, 1.18, 0.93])  # Monday first


def epoch_ms(moment: datetime) -> int:
    """Return milliseconds since 1970-01-01T00:00Z."""
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1))


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open interval within one UTC day, in epoch milliseconds."""

    start: int
    end: int

    @property
    def day(self) -> int:
        """Days since 1970-01-01."""
        return self.start // DAY_MS

    @property
    def minute(self) -> int:
        """Minute of the UTC day at which the span starts."""
        return self.start % DAY_MS // 60_000

    @property
    def key(self) -> int:
        """The random key of this span."""
        return self.start // 60_000


def spans(plan: Plan, start: datetime, end: datetime) -> Iterator[Span]:
    """Cut [start, end), on the hour, into spans with a bounded expected number of rows."""
    length = _span_length(plan)
    moment = start
    while moment < end:
        midnight = moment.replace(hour=0, minute=0, second=0) + DAY
        following = min(moment + length, midnight, end)
        yield Span(epoch_ms(moment), epoch_ms(following))
        moment = following


def _span_length(plan: Plan) -> timedelta:
    """Return a day, an hour, or a divisor of the hour in whole minutes."""
    if plan.rows_per_day <= CHUNK_ROWS:
        return DAY
    busiest_hour = 2 * plan.rows_per_day / 24
    parts = math.ceil(busiest_hour / CHUNK_ROWS)
    minutes = max(
        m for m in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60) if m * parts <= 60 or m == 1
    )
    return HOUR * minutes / 60


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)  # the cache of ZoneInfo holds only eight zones


@lru_cache(maxsize=4096)
def utc_offset_hours(zone: str, hour: int) -> float:
    """Return a zone's offset from UTC in hours, at an hour counted since 1970-01-01."""
    offset = datetime.fromtimestamp(hour * 3600, _zone(zone)).utcoffset()
    return offset.total_seconds() / 3600 if offset else 0.0


def _offsets(zones: tuple[str, ...], first: int, last: int) -> F64:
    """Return the offsets by zone and hour; few zones change their offset within a day."""
    table = np.empty((len(zones), last - first + 1))
    for row, zone in enumerate(zones):
        table[row] = utc_offset_hours(zone, first)
        if utc_offset_hours(zone, last) != table[row, 0]:
            table[row] = [utc_offset_hours(zone, hour) for hour in range(first, last + 1)]
    return table


def intensity(zones: tuple[str, ...], zone: I64, rhythm: I64, span: Span) -> F64:
    """Return the share of a mean day's traffic in each hour of the span, by group.

    A group contains the customers of one time zone and one rhythm. The result has one row per group
    and one column per hour, which may be partial.
    """
    hours = np.arange(span.start // HOUR_MS, -(-span.end // HOUR_MS))
    local = np.floor(hours + _offsets(zones, int(hours[0]), int(hours[-1]))).astype(np.int64)
    weekday = (local // 24 + 3) % 7  # 1970-01-01 was a Thursday
    covered = np.minimum(span.end, (hours + 1) * HOUR_MS) - np.maximum(span.start, hours * HOUR_MS)
    by_group: F64 = RHYTHMS[rhythm[:, None], (local % 24)[zone]] * WEEKDAYS[weekday[zone]]
    return by_group * (covered / HOUR_MS)
