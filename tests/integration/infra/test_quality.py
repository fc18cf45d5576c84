"""Each data set of a folder is measured in a warehouse of its own, independent of the others."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.platform.settings import Settings
from features.sources import descriptions
from infra.local import quality
from infra.local.postgres import Cluster
from tests.bench.world import Bench


def columns_of(source: str) -> set[str]:
    """Return the delivered columns of all feeds of a source."""
    feeds = descriptions.load(source).feeds.values()
    return {column for feed in feeds for column in feed.delivered_columns}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Write a folder of tiny files: two data sets that need a warehouse each, and a broken file."""
    folder = tmp_path / "data"
    folder.mkdir()
    pq.write_table(pa.table({"TX_FRAUD": [0, 1]}), folder / "a_broken.parquet")
    pq.write_table(
        pa.table(
            {
                "TRANSACTION_ID": [1, 2],
                "TX_DATETIME": pa.array(["2018-07-01", "2018-07-02"]).cast(pa.timestamp("us")),
                "CUSTOMER_ID": ["1", "2"],
                "TERMINAL_ID": ["1", "1"],
                "TX_AMOUNT": [1.5, 2.5],
                "TX_FRAUD": [0, 1],
            }
        ),
        folder / "b_transactions.parquet",
    )
    loans = {name: ["1"] for name in columns_of("lending_club")} | {
        "issue_d": ["2009-01-01"],
        "term": ["36 months"],
        "purpose": ["car"],
        "home_ownership": ["RENT"],
        "emp_length": ["5 years"],
        "earliest_cr_line": ["1999-01-01"],
        "loan_status": ["Fully Paid"],
        "last_pymnt_d": ["2012-01-01"],
        "loan_amnt": ["5000"],
        "annual_inc": ["50000"],
        "fico_range_low": ["700"],
        "fico_range_high": ["704"],
    }
    pq.write_table(pa.table(loans), folder / "c_loans.parquet")
    return folder


def test_a_broken_data_set_stops_no_other_and_is_named_in_the_summary(
    data: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    status = quality.main([str(data)])

    printed = capfd.readouterr()
    lines = re.findall(
        r"^  (\w+) .*(NOT MEASURED|every bar holds|NOT HOLD).*/(\w+)\.", printed.out, re.M
    )
    assert lines == [
        ("fraud_handbook", "NOT MEASURED", "a_broken"),
        ("fraud_handbook", "NOT MEASURED", "b_transactions"),
        ("lending_club", "NOT MEASURED", "c_loans"),
    ]
    assert status == 2
    # each warehouse holds only its own rows: admitted whole, features built
    output = printed.out + printed.err
    assert output.count("history_loaded") == 2
    assert re.findall(r"features_built +rows=([12]) .*selector=(\w+)", output) == [
        ("2", "everything"),
        ("1", "everything"),
    ]
    assert re.search(r"a_broken\.parquet was not measured: BadDeliveryError: .* is held", output)
    assert "Traceback" not in output
    assert not list(quality.ROOT.glob("quality-*/postgres/postmaster.pid"))


def test_a_path_without_data_sets_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert quality.main([str(tmp_path / "missing")]) == 2
    assert "DATA=<path>" in capsys.readouterr().err


def test_without_data_the_gate_is_measured_without_a_warehouse(
    capfd: pytest.CaptureFixture[str],
) -> None:
    # the simulation takes minutes, so the command only prints its help
    assert quality.main(["", "--help"]) == 0

    output = capfd.readouterr().out
    assert "no DATA=<path>: the gate of models is measured by simulation" in output
    assert "Usage" in output


def test_a_measurement_does_not_take_the_currency_of_the_last_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "env").write_text("SCORING_WAREHOUSE__BASE_CURRENCY='GBP'\n")
    cluster = Cluster(tmp_path / "postgres", 1, "")
    quality_process = quality.environment(tmp_path, cluster, "warehouse_1", {})
    bench = Bench(tmp_path, cluster, {}, datetime.now(UTC)).environment("copy", tmp_path)

    for variables in (quality_process, bench):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        # the file of this checkout belongs to the developer
        assert Settings(_env_file=tmp_path / "env").warehouse.base_currency == "USD"
