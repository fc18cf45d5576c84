"""The command line and the function write the same rows in every format."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.synthesize import FileFormat
from features.synthesize.feed_shapes import TRANSACTIONS as SHAPE
from scoring.__main__ import main
from tests.unit.features.synthesize.worlds import TRANSACTIONS, Delivered, a_plan, deliver


def _live(file_format: FileFormat, **overrides: Any) -> Delivered:
    return deliver(a_plan(customers=400, file_format=file_format, **overrides))


@pytest.fixture(scope="module")
def as_csv() -> Delivered:
    """Deliver the rows as CSV, the format that the other formats are compared with."""
    return _live(FileFormat.CSV)


def test_gzip_holds_the_same_csv(as_csv: Delivered) -> None:
    zipped = _live(FileFormat.CSV_GZ)

    for name, content in as_csv.objects.items():
        if name.startswith("landing/"):
            assert gzip.decompress(zipped.objects[f"{name}.gz"]) == content


def test_json_lines_hold_the_same_rows(as_csv: Delivered) -> None:
    lines = _live(FileFormat.JSONL)
    name = as_csv.names(TRANSACTIONS)[-1]

    rows = [json.loads(line) for line in lines.objects[name.replace(".csv", ".jsonl")].splitlines()]

    expected = as_csv.file(name)
    assert [row["transaction_id"] for row in rows] == expected.transaction_id.to_list()
    assert [row["amount"] for row in rows] == expected.amount.astype(float).to_list()
    assert [row["customer_segments"] for row in rows] == [
        json.loads(text) for text in expected.customer_segments
    ]
    assert {type(row["is_high_value"]) for row in rows} == {bool}
    assert list(rows[0]) == list(SHAPE.columns)


def test_parquet_holds_the_same_rows_with_types(as_csv: Delivered) -> None:
    name = as_csv.names(TRANSACTIONS)[0]
    stored = _live(FileFormat.PARQUET).objects[name.replace(".csv", ".parquet")]

    stored_table = pq.read_table(io.BytesIO(stored))

    expected = as_csv.file(name)
    assert stored_table["customer_id"].to_pylist() == expected.customer_id.to_list()
    assert stored_table["amount"].to_pylist() == expected.amount.astype(float).to_list()
    assert stored_table["customer_segments"].to_pylist() == [
        json.loads(text) for text in expected.customer_segments
    ]
    assert (stored_table["timestamp"].to_pandas() == pd.to_datetime(expected.timestamp)).all()
    assert (
        stored_table["merchant_risk_score"].null_count
        == (expected.merchant_risk_score == "").sum()
        > 0
    )


@pytest.mark.parametrize("file_format", list(FileFormat))
def test_bad_rows_can_be_written_in_every_format(file_format: FileFormat) -> None:
    run = _live(file_format, bad=0.3, late=0.2, duplicates=0.2)

    assert run.counts.bad_rows > 20
    if file_format is FileFormat.JSONL:
        for name in run.names("landing/"):
            assert all(json.loads(line) for line in run.objects[name].splitlines())


def test_the_command_writes_a_landing_area_and_prints_its_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = (
        f"synthesize --out {tmp_path} --customers 50 --start 2026-03-01T00:00Z --json "
        "--live-from 2026-03-03T00:00Z --end 2026-03-03T02:00Z --rate 5 --format jsonl"
    )

    status = main(line.split())

    counts = json.loads(capsys.readouterr().out)
    landed = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert status == 0
    assert counts["rows"] > 300
    assert sum(counts["files"].values()) + 1 == len(landed)  # plus the file of the truth
    assert not [path for path in landed if path.suffix == ".part"]
