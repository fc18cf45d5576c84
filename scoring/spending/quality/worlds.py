"""Read the day books of the measurements: the public handbook's customers, and made ones."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from features.synthesize import kinds
from features.synthesize.calendar import DAY_MS, epoch_ms
from features.synthesize.plan import DAY, Plan
from features.synthesize.traffic import Traffic
from scoring.spending.quality.day_book import DayBook

MADE_DAYS = 270
_START = datetime(2026, 1, 1, tzinfo=UTC)
PLAN = Plan(
    seed=7,
    customers=1_500,
    start=_START,
    end=_START + MADE_DAYS * DAY,
    live_from=_START + MADE_DAYS * DAY,
    rate=1.5,
    sellers=2,
)


def handbook(path: Path) -> DayBook:
    """Read the Fraud Detection Handbook's transactions (Parquet); all of them are purchases.

    Raises:
        LookupError: the file lacks a column.
    """
    table = pq.read_table(path, columns=["TX_DATETIME", "CUSTOMER_ID", "TX_AMOUNT"])
    customers = table["CUSTOMER_ID"].combine_chunks().dictionary_encode()
    day = table["TX_DATETIME"].to_numpy().astype("datetime64[D]").astype(np.int64)
    return DayBook.of(
        customers.indices.to_numpy().astype(np.int64),
        day - day.min(),
        table["TX_AMOUNT"].to_numpy().astype(np.float64),
    )


def made(plan: Plan = PLAN) -> DayBook:
    """Make the purchases of a plan, whose seed gives the same ones every time."""
    traffic, start = Traffic(plan), epoch_ms(plan.start)
    parts = [chunk.rows for window in plan.windows() for chunk in traffic.within(window)]
    is_purchase = [rows.kind == kinds.PURCHASE for rows in parts]
    customer, at, amount = (
        np.concatenate(
            [getattr(rows, name)[mask] for rows, mask in zip(parts, is_purchase, strict=True)]
        )
        for name in ("customer", "at", "usd")
    )
    return DayBook.of(customer, (at - start) // DAY_MS, amount)
