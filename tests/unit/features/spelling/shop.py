"""Checks delivered rows of a shop whose YAML a test changes, column by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import yaml

from features.feeds import FEEDS
from features.ingest.checks import Checked, Rules, check
from features.ingest.chunks import Chunk
from features.ingest.limits import DEFAULT
from features.sources import descriptions
from features.sources.mapping import SourceFeed

NOW = datetime(2026, 3, 1, tzinfo=UTC)
COLUMNS: Mapping[str, Any] = {
    "transaction_id": "id",
    "customer_id": "card",
    "merchant_id": "shop",
    "timestamp": "at",
    "amount": "sum",
    "currency": {"constant": "EUR"},
}
ROW = {"id": "t", "card": "c1", "shop": "s1", "at": "2026-02-01T10:00:00Z", "sum": "1.00"}

Texts = Sequence[str | None]


def described(
    folder: Path, columns: Mapping[str, Any] | None = None, **feed: Any
) -> descriptions.Sources:
    """Write and load the YAML of a shop; `feed` holds further keys of its transactions."""
    content = {
        "description": "A shop.",
        "time_zone": feed.pop("time_zone", "Europe/Vienna"),
        "maturity_days": 7,
        "provenance_rank": ["bank", "analyst"],
        "feeds": {
            "transactions": {"formats": ["csv"], "columns": {**COLUMNS, **(columns or {})}, **feed}
        },
    }
    path = folder / "shop.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
    return descriptions.load(str(path))


def judged(
    folder: Path,
    columns: Mapping[str, Any],
    delivered: Mapping[str, Texts],
    *,
    file_name: str = "",
    **feed: Any,
) -> Checked:
    """Return the verdicts on delivered rows; other fields of the rows are valid."""
    source = described(folder, columns, **feed).feeds["transactions"]
    return check(chunk_of(delivered), Rules(source, ("bank",), NOW, DEFAULT, file_name))


def chunk_of(delivered: Mapping[str, Texts]) -> Chunk:
    """Return rows with the given fields; other fields are valid."""
    rows = max(map(len, delivered.values()))
    fields: dict[str, Texts] = {name: [value] * rows for name, value in ROW.items()}
    fields |= {"id": [f"t{number}" for number in range(rows)], **delivered}
    columns = {name: pa.array(texts, pa.string()) for name, texts in fields.items()}
    return Chunk(columns, np.arange(1, rows + 1))


def values(checked: Checked, target: str) -> list[Any]:
    """Return a landed column of the rows that passed; instants as text in UTC."""
    column = checked.typed[target]
    if pa.types.is_timestamp(column.type):
        return [f"{moment:%Y-%m-%d %H:%M:%S.%f}"[:-3] for moment in column.to_pylist()]
    found: list[Any] = column.to_pylist()
    return found


def reasons(checked: Checked) -> list[str]:
    """Return the reasons of the rejected rows."""
    return [str(reason) for reason in checked.verdicts.rejected()[1]]


def feed_of(name: str, **columns: Any) -> SourceFeed:
    """Return a feed whose required columns are delivered under their own names."""
    required = {column: column for column in FEEDS[name].required}
    return SourceFeed.model_validate(
        {
            "feed": name,
            "source": "shop",
            "time_zone": "UTC",
            "folder": "landing/shop",
            "formats": ["csv"],
            "columns": {**required, **columns},
        }
    )
