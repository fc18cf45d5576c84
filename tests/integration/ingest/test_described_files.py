"""Files of strangers are described by YAML alone, and taken in or refused with the key."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from features.platform.objects import FolderStore
from features.sources import descriptions
from tests.integration.ingest.conftest import Intake

SHOP = """
description: Card payments of a stranger.
time_zone: Europe/Vienna
decide_from: 2026-02-01T00:00:00Z
maturity_days: 7
provenance_rank: [chargeback, analyst]
feeds:
  transactions:
    formats: [csv, jsonl, parquet]
    columns:
      transaction_id: {generate: content_hash}
      customer_id: {columns: [Card, Region]}
      merchant_id: {column: Shop, prefix: pos-, trim: true}
      timestamp: {columns: [Date, Time], format: "%m/%d/%Y %I:%M %p"}
      amount: {column: Amount, thousands: ","}
      currency: {from_amount: {$: USD, €: EUR}}
      channel: {column: Way, map: {CHIP: pos, ONLINE: web}}
    inline_label: {column: Fraud, latency: 7d, provenance: chargeback, label_in: history,
                   true_words: [Fraud], false_words: [Legit]}
    settle_seconds: 0
    tolerated_bad_share: 0.4
  transaction_labels:
    formats: [csv]
    columns:
      transaction_id: id
      is_fraud: {column: outcome, true_words: [stolen], false_words: [fine]}
      provenance: said_by
    latency: {chargeback: 30d, analyst: 1d}
    settle_seconds: 0
"""
ROW = {
    "Card": "4711", "Region": "AT|9", "Shop": " S1", "Date": "1/5/2026", "Time": "9:30 PM",
    "Amount": "$1,234.50", "Way": "CHIP", "Note": "a",
}  # fmt: skip


@pytest.fixture
def shop(migrated: Any, tmp_path: Path) -> Iterator[Intake]:
    (tmp_path / "shop.yaml").write_text(SHOP)
    sources = descriptions.load(str(tmp_path / "shop.yaml"))
    intake = Intake(migrated, FolderStore(tmp_path / "objects"), sources)
    yield intake
    intake.connection.close()


def csv_of(*rows: dict[str, str]) -> bytes:
    lines = [rows[0], *(row.values() for row in rows)]
    return "".join(",".join(f'"{field}"' for field in line) + "\n" for line in lines).encode()


def parquet_of(*rows: dict[str, str]) -> bytes:
    sink = io.BytesIO()
    pyarrow.parquet.write_table(pa.Table.from_pylist(list(rows)), sink)
    return sink.getvalue()


def jsonl_of(*rows: dict[str, str]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def test_every_format_gives_the_same_rows_and_counts_equal_ones(shop: Intake) -> None:
    rows = [ROW, ROW, ROW | {"Note": "b"}, ROW | {"Amount": "€ 3", "Way": ""}]
    for suffix, write in (("csv", csv_of), ("jsonl", jsonl_of), ("parquet", parquet_of)):
        shop.deliver(write(*rows), f"day.{suffix}")

    receipts = shop.take()

    assert [receipt.rows_admitted for receipt in receipts] == [3, 0, 0]
    assert shop.rows("select distinct rows_duplicate from raw.deliveries order by 1") == [
        (1,),
        (4,),
    ]
    assert shop.rows(
        "select distinct customer_id, merchant_id, occurred_at::text, amount_minor, "
        "currency_code, channel from raw.transactions order by amount_minor"
    ) == [
        (r"4711|AT\|9", "pos-S1", "2026-01-05 20:30:00+00", 300, "EUR", None),
        (r"4711|AT\|9", "pos-S1", "2026-01-05 20:30:00+00", 123_450, "USD", "pos"),
    ]


def test_only_history_needs_the_label(shop: Intake) -> None:
    labelled = [ROW | {"Fraud": "Fraud"}, ROW | {"Note": "b", "Fraud": ""}]
    shop.deliver(csv_of(*labelled), "history/old.csv")
    shop.deliver(csv_of(ROW), "history/without.csv")
    shop.deliver(csv_of(ROW | {"Note": "c"}), "live.csv")

    held = [receipt for receipt in shop.receive() if receipt.state == "held"]
    shop.take()

    assert [receipt.object_name.rpartition("/")[2] for receipt in held] == ["without.csv"]
    assert "inline_label.label_in" in str(held[0].reason)
    assert shop.rows("select is_fraud, count(*) from raw.transaction_labels group by 1") == [
        (True, 1)
    ]


def test_labels_become_known_after_the_delay_of_their_provenance(shop: Intake) -> None:
    shop.deliver(csv_of(ROW | {"Fraud": ""}), "history/old.csv")
    shop.take()
    [(subject,)] = shop.rows("select transaction_id from raw.transactions")
    content = f"id,outcome,said_by\n{subject},STOLEN,chargeback\n{subject},fine,analyst\n"
    shop.deliver(f"{content}{subject},,analyst\n".encode(), "history/l.csv", "transaction_labels")

    shop.take()

    assert shop.rows(
        "select provenance, is_fraud, (known_at - timestamptz '2026-01-05 20:30:00+00')::text "
        "from raw.transaction_labels order by 1"
    ) == [("analyst", False, "1 day"), ("chargeback", True, "30 days")]
    assert shop.rows("select reason from raw.rejected_rows") == [("not_known_yet",)]


def test_a_held_delivery_names_the_keys_that_would_accept_its_rows(shop: Intake) -> None:
    shop.deliver(csv_of(ROW | {"Amount": "1.234,50 $"}, ROW | {"Amount": "(3,00) $"}))

    [receipt] = shop.receive()

    assert receipt.state == "held"
    assert 'decimal: ","' in str(receipt.reason)
    assert "negative: [parentheses]" in str(receipt.reason)


def test_local_times_around_a_clock_change_are_noted(shop: Intake) -> None:
    shop.deliver(csv_of(ROW | {"Date": "10/26/2025", "Time": "2:30 AM"}), "history/old.csv")
    shop.change(inline_label=None)

    [receipt] = shop.receive()

    assert any("exist twice" in note for note in receipt.notes)
