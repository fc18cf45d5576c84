"""Read a file as ingest reads it, up to the landed table, without a warehouse."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from features.ingest.checks import Rules, check
from features.ingest.chunks import Header
from features.ingest.limits import DEFAULT, Limits
from features.ingest.lines import LineTally, Record
from features.ingest.opening import opened
from features.ingest.reasons import HeldError
from features.ingest.spool import spooled
from features.sources.mapping import SourceFeed

NAMES = ("id", "card", "shop", "at", "sum")
ROWS = [
    ("t1", "c1", "m1", "2026-03-01T10:00:00", "12.50"),
    ("t2", "c2", "Café Müller", "2026-03-01T11:30:15", "7"),
    ("t3", "c1", "m2", "2026-03-02T00:00:00", "0.05"),
]
MAPPINGS = [dict(zip(NAMES, row, strict=True)) for row in ROWS]
COLUMNS: dict[str, Any] = {
    "transaction_id": "id",
    "customer_id": "card",
    "merchant_id": "shop",
    "timestamp": "at",
    "amount": "sum",
    "currency": {"constant": "EUR"},
}
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def a_feed(**keys: Any) -> SourceFeed:
    """Return a feed of transactions with five columns."""
    described: dict[str, Any] = {
        "feed": "transactions",
        "source": "shop",
        "time_zone": "UTC",
        "folder": "landing/shop/transactions",
        "columns": COLUMNS,
        "tolerated_bad_share": 1.0,
    }
    return SourceFeed.model_validate(described | keys)


@dataclass
class Landed:
    """The result of a file: its typed rows, its rejected rows, its notes and its lines."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[tuple[str, Record]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    lines: LineTally | None = None

    @property
    def shops(self) -> list[Any]:
        """The shops of the rows."""
        return [row["merchant_id"] for row in self.rows]

    def values(self, *names: str) -> list[tuple[Any, ...]]:
        """Return some columns of the rows."""
        return [tuple(row[name] for name in names) for row in self.rows]


def land(content: bytes, name: str, feed: SourceFeed, limits: Limits = DEFAULT) -> Landed:
    """Read a file; raises the reason of a held one."""
    rules, header, landed = Rules(feed, (), NOW, limits), Header(), Landed()
    with (
        spooled(io.BytesIO(content), limits) as spool,
        opened(f"{feed.folder}/{name}", spool, rules) as file,
    ):
        reading = file.read(rules, header)
        for chunk in reading.chunks:
            checked = check(chunk, rules)
            landed.rows += checked.typed.to_pylist()
            places, reasons, _ = checked.verdicts.rejected()
            landed.rejected += zip(map(str, reasons), chunk.originals(places), strict=True)
            landed.rejected += [(str(row.reason), row.record) for row in chunk.malformed]
    landed.notes, landed.lines = header.notes, reading.lines
    if reading.lines is not None:
        _check_lines(reading.lines, landed)
    return landed


def _check_lines(lines: LineTally, landed: Landed) -> None:
    """Check that the file's lines are its header, blanks and rows, as closure does."""
    assert lines.total == lines.expected
    rejected = sum(record.line_count for _, record in landed.rejected)
    admitted = sum(row.get("line_count") or 1 for row in landed.rows)
    assert lines.total == lines.header + lines.blank + rejected + admitted


def held(content: bytes, name: str, feed: SourceFeed, limits: Limits = DEFAULT) -> str:
    """Return the reason for which a file is held."""
    try:
        landed = land(content, name, feed, limits)
    except HeldError as error:
        return str(error)
    raise AssertionError(f"the file was read: {len(landed.rows)} rows")


def small(**sizes: int) -> Limits:
    """Return the default limits with some smaller ones."""
    return replace(DEFAULT, **sizes)


def text(*rows: tuple[str, ...], delimiter: str = ",", end: str = "\n") -> str:
    """Return rows as lines, the header first."""
    return "".join(f"{delimiter.join(row)}{end}" for row in (NAMES, *rows))


def a_table(**columns: Any) -> pa.Table:
    """Return the rows as a table, with some columns replaced."""
    table = pa.Table.from_pylist(MAPPINGS)
    for name, values in columns.items():
        table = table.set_column(NAMES.index(name), name, values)
    return table
