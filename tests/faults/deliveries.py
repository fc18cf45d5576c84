"""Write the files of the fault suite: small, deterministic, and with hostile values.

Every case carries them through the whole flow. Ids that try to be SQL, formulas and foreign letters
thus meet every fault, and each file holds a card number that must never appear again.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from features.ingest.limits import DEFAULT, Limits

HOUR = timedelta(hours=1)
FIRST = datetime(2025, 3, 3, 11, tzinfo=UTC)  # the window that is published before every case
SECOND = FIRST + HOUR  # the window that every case decides
SOURCE = "faulty"
FOLDER = f"landing/{SOURCE}/transactions"
LABELS_FOLDER = f"landing/{SOURCE}/transaction_labels"

#: Passes as a card number; it may appear only in the delivered file.
CARD = "4539578763621486"
#: A value of many rows that no message and no log may quote.
MARKER = "row-value-5e1f"
HOSTILE = (
    "'); drop table raw.transactions; --",
    '"; drop schema decisions cascade; --',
    "=cmd|'/C calc'!A0",
    "{{ config.secret }} %s %(x)s ${jndi}",
    "Überweisung-платёж-支払い",
    "../../etc/passwd",
    "\\N",
    "NULL",
)

COLUMNS = (
    "transaction_id",
    "customer_id",
    "merchant_id",
    "timestamp",
    "amount",
    "currency",
    "type",
    "card_bin",
    "ip_address",
    "device_id",
    "location",
    "channel",
)
Row = dict[str, str]


@dataclass(frozen=True)
class Delivery:
    """Hold one file of transactions and the expected results of its rows."""

    name: str
    rows: Sequence[Row]
    rejected: int = 0
    duplicate: int = 0
    accepted: frozenset[str] = field(default_factory=frozenset)
    limits: Limits = DEFAULT

    @property
    def content(self) -> bytes:
        """Return the file as CSV."""
        return csv(self.rows)


def csv(rows: Sequence[Row], columns: Sequence[str] = COLUMNS) -> bytes:
    """Return rows as CSV, every field quoted."""
    lines = [",".join(columns)]
    for row in rows:
        fields = (row[name].replace('"', '""') for name in columns)
        lines.append(",".join(f'"{value}"' for value in fields))
    return ("\n".join(lines) + "\n").encode()


def a_row(draw: random.Random, transaction_id: str, occurred_at: datetime) -> Row:
    """Return a valid transaction."""
    customer = draw.randrange(40)
    return {
        "transaction_id": transaction_id,
        "customer_id": f"c{customer}",
        "merchant_id": f"m{draw.randrange(12)}",
        "timestamp": occurred_at.isoformat(),
        "amount": f"{draw.lognormvariate(2.5, 1.0) + 0.5:.2f}",
        "currency": "EUR" if draw.random() < 0.02 else "USD",  # without a rate: degraded
        "type": "1",
        "card_bin": "411111",
        "ip_address": f"192.0.2.{customer}",
        "device_id": f"{MARKER}-{customer}",
        "location": "US-NY",
        "channel": "web",
    }


def some_rows(
    draw: random.Random, prefix: str, count: int, start: datetime, length: timedelta
) -> list[Row]:
    """Return rows of one stretch of time, the first with hostile ids."""
    ids = [f"{prefix}-{n}" for n in range(count)]
    for n, text in enumerate(HOSTILE[:count]):
        ids[n] = f"{prefix}-{text}"
    return [a_row(draw, name, start + length * draw.random()) for name in ids]


def history() -> bytes:
    """Return forty days of history that is never decided."""
    draw = random.Random(1)  # noqa: S311 - data, not secrets
    return csv(some_rows(draw, "h", 1_500, FIRST - timedelta(days=40), timedelta(days=39)))


def a_window(
    draw: random.Random,
    prefix: str,
    start: datetime,
    count: int,
    *,
    late_from: datetime | None = None,
    corrected: Sequence[Row] = (),
) -> Delivery:
    """Return a live file of one hour: good, bad, repeated, late and corrected rows."""
    good = some_rows(draw, prefix, count, start, HOUR)
    accepted = {row["transaction_id"] for row in good}
    late: list[Row] = []
    if late_from is not None:
        late = some_rows(draw, f"{prefix}-late", 5, late_from, HOUR)
        accepted |= {row["transaction_id"] for row in late}
    bad = some_rows(draw, f"{prefix}-bad", 3, start, HOUR)
    bad[0]["device_id"] = CARD
    bad[1]["amount"] = f"{MARKER} 12"
    bad[2]["timestamp"] = "yesterday"
    repeated = [dict(row) for row in good[:2]]
    corrections = [row | {"amount": "77.70"} for row in corrected]
    rows = [*good, *late, *bad, *repeated, *corrections]
    return Delivery(f"{prefix}.csv", rows, len(bad), len(repeated), frozenset(accepted))


def first_window() -> Delivery:
    """Return the file of the window that is published before any fault."""
    return a_window(random.Random(2), "w1", FIRST, 150)  # noqa: S311 - data, not secrets


def second_window() -> Delivery:
    """Return the pending file: it brings a late row and a correction of the first window."""
    return a_window(
        random.Random(3),  # noqa: S311 - data, not secrets
        "w2",
        SECOND,
        300,
        late_from=FIRST,
        corrected=first_window().rows[20:22],
    )


def labels() -> bytes:
    """Return a few labels of history."""
    lines = ["transaction_id,is_fraud,known_at,provenance"]
    known_at = (FIRST - timedelta(days=1)).isoformat()
    lines += [f"h-{n},true,{known_at},chargeback" for n in range(20, 30)]
    return ("\n".join(lines) + "\n").encode()


DESCRIPTION = f"""
description: What the fault suite delivers.
time_zone: null
decide_from: {(FIRST - HOUR).isoformat()}
maturity_days: 7
provenance_rank: [chargeback]
feeds:
  transactions:
    formats: [csv, jsonl, parquet]
    columns: {{{", ".join(f"{name}: {name}" for name in COLUMNS)}}}
    settle_seconds: 0
    tolerated_bad_share: 0.05
  transaction_labels:
    formats: [csv]
    columns: {{transaction_id: transaction_id, is_fraud: is_fraud, known_at: known_at,
      provenance: provenance}}
    settle_seconds: 0
"""
