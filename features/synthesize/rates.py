"""Make the feed of daily exchange rates: a row per currency and day, known soon after midnight."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from features.synthesize import currencies
from features.synthesize.calendar import DAY_MS
from features.synthesize.feed_shapes import FX_RATES
from features.synthesize.render import instants

KNOWN_AFTER_MS = 5 * 60_000


def known_within(seed: int, start_ms: int, end_ms: int) -> pa.Table:
    """Return the rates that become known within [start, end), in epoch milliseconds."""
    first = -(-(start_ms - KNOWN_AFTER_MS) // DAY_MS)
    days = np.arange(first, -(-(end_ms - KNOWN_AFTER_MS) // DAY_MS), dtype=np.int64)
    if not len(days):
        return FX_RATES.schema.empty_table()
    each = len(currencies.CODES)
    rates = np.concatenate([currencies.rates_on(seed, int(day)) for day in days])
    columns = [
        pa.array(list(currencies.CODES) * len(days)),
        pa.array(np.repeat(days, each).astype("datetime64[D]")).cast(pa.string()),
        pa.array([f"{rate:.10g}" if rate > 1e-4 else f"{rate:.12f}" for rate in rates.tolist()]),
        instants(np.repeat(days * DAY_MS + KNOWN_AFTER_MS, each)),
    ]
    return pa.table(columns, schema=FX_RATES.schema)
