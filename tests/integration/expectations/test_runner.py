"""A gate on a real table stops bad runs, records its verdict, and keeps row values in Postgres."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from expectations.errors import GateFailedError, GateUnavailableError
from expectations.runner import validate
from expectations.validation import Outcome, Verdict
from features.platform.objects import FolderStore
from scoring.domains import SUITES
from tests.conftest import Db
from tests.integration.expectations.tables import SAMPLES, Gate, make

RAW = SAMPLES["raw.transactions"]
CANARY = "CANARY-4111111111111111"


def test_a_good_table_passes_and_leaves_an_audit_row_and_a_page(gate: Gate) -> None:
    with capture_logs() as logs:
        validation = gate()

    assert validation.verdict is Verdict.PASSED
    [(verdict, expected, checked, report, _)] = gate.audit()
    assert (verdict, expected, checked) == ("passed", 200, 200)
    [page] = gate.pages()
    assert page.as_posix().endswith(report)
    assert len(page.read_bytes()) < 100_000
    assert [line["event"] for line in logs] == ["table_validated"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_a_nan_stops_the_run(gate: Gate, number: str) -> None:
    with pytest.raises(GateFailedError, match="merchant_risk_score is a finite number"):
        gate(RAW, f"update landed.sample set merchant_risk_score = '{number}' where row_number = 7")


def test_an_empty_window_passes_without_checks_and_fast(gate: Gate) -> None:
    loaded_before = "great_expectations" in sys.modules

    started = time.perf_counter()
    validation = gate(rows=0)

    assert validation.verdict is Verdict.NOTHING_TO_CHECK
    assert time.perf_counter() - started < 2
    assert ("great_expectations" in sys.modules) == loaded_before
    [(verdict, expected, checked, report, _)] = gate.audit()
    assert (verdict, expected, checked) == ("nothing_to_check", 0, 0)
    assert report is not None


@pytest.mark.parametrize(("rows", "expected"), [(199, 200), (201, 200), (0, 200), (200, 0)])
def test_rows_lost_or_doubled_on_the_way_stop_the_run(gate: Gate, rows: int, expected: int) -> None:
    with pytest.raises(GateFailedError, match=f"{expected:,} rows that the step before reported"):
        gate(rows=rows, expected=expected)

    [(verdict, *_)] = gate.audit()
    assert verdict == "failed"


def test_a_missing_table_is_could_not_check_and_not_bad_data(gate: Gate) -> None:
    with pytest.raises(GateUnavailableError, match="says nothing about the data") as caught:
        gate(create=False)

    assert "UndefinedTable" in str(caught.value)
    [(verdict, expected, checked, *_)] = gate.audit()
    assert (verdict, expected, checked) == ("could_not_check", 200, None)


def test_a_table_that_the_gate_may_not_read_is_could_not_check(gate: Gate) -> None:
    with pytest.raises(GateUnavailableError, match="InsufficientPrivilege"):
        gate(RAW, "revoke all on landed.sample from score")


def test_a_metric_that_cannot_be_computed_is_could_not_check(gate: Gate) -> None:
    with pytest.raises(GateUnavailableError, match="occurred_at lies within") as caught:
        gate(RAW, "alter table landed.sample alter occurred_at type text")

    unknown = [
        check for check in caught.value.validation.expectations if check.outcome is Outcome.UNKNOWN
    ]
    assert {check.column for check in unknown} == {"occurred_at"}
    assert "InvalidColumnTypeError" in (unknown[0].detail or "")


def test_proven_bad_data_outweighs_a_failed_metric(gate: Gate) -> None:
    with pytest.raises(GateFailedError):
        gate(
            RAW,
            "alter table landed.sample alter occurred_at type text",
            "update landed.sample set customer_id = null where row_number = 1",
        )


def test_a_warehouse_that_does_not_answer_is_could_not_check(gate: Gate, migrated: Db) -> None:
    url = migrated.settings.warehouse.url("score").replace(
        f":{migrated.settings.warehouse.port}/", ":1/"
    )

    with pytest.raises(GateUnavailableError, match="check that Postgres runs"):
        gate(url=url)


def test_a_missing_column_is_one_broken_expectation(gate: Gate) -> None:
    with pytest.raises(GateFailedError) as caught:
        gate(RAW, "alter table landed.sample drop amount_minor")

    broken = [
        check.expectation
        for check in caught.value.validation.expectations
        if check.outcome is not Outcome.HELD
    ]
    assert broken == ["expect_columns"]
    assert "missing: amount_minor" in str(caught.value)


def test_a_warning_is_recorded_and_does_not_stop_the_run(gate: Gate) -> None:
    validation = gate(RAW, "update landed.sample set amount_minor = 0 where row_number <= 50")

    assert validation.verdict is Verdict.WARNED
    [(verdict, *_, expectations)] = gate.audit()
    assert verdict == "warned"
    assert '"unexpected": 50' in expectations


def test_a_failed_gate_names_the_fault_its_place_its_extent_and_the_next_step(gate: Gate) -> None:
    with pytest.raises(GateFailedError) as caught:
        gate(RAW, "update landed.sample set customer_id = null where row_number <= 3")

    text = str(caught.value)
    for part in (
        "raw.transactions",
        "landed.sample",
        "delivery 7",
        "customer_id has a value (3 of 200 rows = 1.50%)",
        "Next:",
    ):
        assert part in text


def test_no_row_value_reaches_the_audit_the_page_the_error_or_the_log(gate: Gate) -> None:
    with capture_logs() as logs, pytest.raises(GateFailedError) as caught:
        gate(
            RAW,
            f"update landed.sample set customer_id = '{CANARY}', merchant_id = '{CANARY}',"
            " card_bin = '411111', amount_minor = -987654321, currency_code = null"
            " where row_number <= 3",
        )

    [page] = gate.pages()
    output = " ".join([str(gate.audit()), page.read_text(), str(caught.value), repr(logs)])
    assert CANARY not in output
    assert "987654321" not in output


def test_a_hostile_subject_is_text_on_the_page(migrated: Db, tmp_path: Path) -> None:
    with migrated.superuser() as connection:
        make(RAW, connection, 0)

    validate(
        SUITES[RAW.suite],
        RAW.table,
        expected_rows=0,
        subject="<script>alert(1)</script>\"'&",
        url=migrated.settings.warehouse.url("score"),
        store=FolderStore(tmp_path),
    )

    [page] = Path(tmp_path).glob("validations/*/*.html")
    assert "<script" not in page.read_text()
    assert "&lt;script&gt;" in page.read_text()


def test_a_page_that_cannot_be_stored_does_not_hide_the_verdict(migrated: Db) -> None:
    class FullStore:
        """Fail as a store whose disk is full."""

        def put(self, name: str, source: bytes) -> None:
            raise OSError(28, "No space left on device")

    with migrated.superuser() as connection:
        make(RAW, connection, 200)

    validation = validate(
        SUITES[RAW.suite],
        RAW.table,
        expected_rows=200,
        subject="delivery 7",
        url=migrated.settings.warehouse.url("score"),
        store=FullStore(),
    )

    assert validation.verdict is Verdict.PASSED
    assert validation.report_name is None
    assert migrated.rows("select verdict, report from audit.validation_results") == [
        ("passed", None)
    ]
