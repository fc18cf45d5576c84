"""Convert between the share of a day's demand and the share of its hours.

A store sells from five past midnight to ten to midnight, UTC. The other minutes belong to counts,
write-offs, transfers and orders, so each of them sees the stock of a whole day.
"""

from __future__ import annotations

import numpy as np

from features.synthesize.calendar import DAY_MS, RHYTHMS
from features.synthesize.randomness import F64, I64

MINUTE_MS = 60_000
_OPENS_MS, _CLOSES_MS = 5 * MINUTE_MS, DAY_MS - 10 * MINUTE_MS
#: Milliseconds after midnight of the events of a day.
COUNTED_MS = 1 * MINUTE_MS
ANNOUNCED_MS = 10 * 60 * MINUTE_MS
EXPECTED_MS = 12 * 60 * MINUTE_MS
WRITTEN_OFF_MS = DAY_MS - 8 * MINUTE_MS
MOVED_MS = DAY_MS - 6 * MINUTE_MS
ORDERED_MS = DAY_MS - 4 * MINUTE_MS
_HOURS: F64 = np.arange(25) / 24
_SOLD: F64 = np.concatenate([[0.0], np.cumsum(RHYTHMS[0])])


def position_of(share: F64) -> F64:
    """Return the share of the day's demand before a share of its hours, both in [0, 1]."""
    position: F64 = np.interp(share, _HOURS, _SOLD)
    return position


def share_of(position: F64) -> F64:
    """Return the share of the day's hours before a share of its demand."""
    share: F64 = np.interp(position, _SOLD, _HOURS)
    return share


def moment_of(position: F64) -> I64:
    """Return the milliseconds after midnight at a share of the day's demand."""
    moment: I64 = (_OPENS_MS + share_of(position) * (_CLOSES_MS - _OPENS_MS)).astype(np.int64)
    return moment
