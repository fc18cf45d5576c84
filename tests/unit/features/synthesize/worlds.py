"""Synthesize a small world in memory and read it back."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from features.synthesize import Counts, Plan, synthesize

START = datetime(2026, 3, 1, tzinfo=UTC)
TRANSACTIONS = "landing/synthetic/transactions/"
LABELS = "landing/synthetic/transaction_labels/"
RATES = "landing/synthetic/fx_rates/"


@dataclass
class MemorySink:
    """Keep objects in memory by name."""

    objects: dict[str, bytes] = field(default_factory=dict)

    def put(self, name: str, source: Path | bytes) -> None:
        """Keep an object."""
        self.objects[name] = source if isinstance(source, bytes) else source.read_bytes()


@dataclass
class Delivered:
    """Hold the objects that one plan wrote."""

    plan: Plan
    counts: Counts
    objects: dict[str, bytes]

    def names(self, prefix: str) -> list[str]:
        """Return the names of a feed's objects."""
        return sorted(name for name in self.objects if name.startswith(prefix))

    def file(self, name: str) -> pd.DataFrame:
        """Read one CSV file, every value as text."""
        return pd.read_csv(io.BytesIO(self.objects[name]), dtype=str, keep_default_na=False)

    def feed(self, prefix: str) -> pd.DataFrame:
        """Read all CSV files of a feed, with the name of the file of each row."""
        return pd.concat([self.file(name).assign(file=name) for name in self.names(prefix)])

    def truth(self) -> pd.DataFrame:
        """Read the truth."""
        return pd.read_parquet(
            io.BytesIO(self.objects["truth/synthetic/transactions.parquet"])
        ).set_index("transaction_id")


def a_plan(**overrides: Any) -> Plan:
    """Return a plan of ten days of history and six live hours."""
    live_from = START + timedelta(days=10)
    values: dict[str, Any] = {
        "seed": 7,
        "customers": 200,
        "start": START,
        "live_from": live_from,
        "end": live_from + timedelta(hours=6),
        **overrides,
    }
    return Plan(**values)


def deliver(plan: Plan) -> Delivered:
    """Synthesize a plan in memory."""
    sink = MemorySink()
    return Delivered(plan, synthesize(plan, sink), sink.objects)


def window_of(name: str) -> tuple[datetime, datetime]:
    """Return the window that an object's name states."""
    start, end = name.rpartition("/")[2].split(".")[0].split("_")[-2:]
    return tuple(
        datetime.strptime(text, "%Y%m%dT%H%MZ").replace(tzinfo=UTC) for text in (start, end)
    )  # type: ignore[return-value]


def passes_luhn(text: str) -> bool:
    """Return whether a string of digits passes as a card number."""
    digits = [int(char) for char in reversed(text)]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
