"""Every row of LendingClub's public file enters, without leaking its outcome."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet
import pytest

from features.ingest import AdmitReceipt
from features.platform.objects import FolderStore
from infra.local.postgres import Cluster
from infra.postgres.warehouse import create_database
from tests.integration.ingest.conftest import Intake, SharedDb, quick

FILE = "loans/lendingclub_2007_2011.parquet"
CHARGE_OFF_LAG = timedelta(days=150)


class Loans(Intake):
    """Take in the whole file once for all tests of this module."""

    receipts: dict[str, AdmitReceipt]
    file: list[dict[str, Any]]


@pytest.fixture(scope="module")
def loans(
    cluster: Cluster,
    migrated_template: str,
    test_data: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Loans]:
    """Return a warehouse that has admitted the file as history."""
    database = f"test_{uuid.uuid4().hex[:12]}"
    create_database(cluster.conninfo(), database, "owner", migrated_template)
    store = FolderStore(tmp_path_factory.mktemp("objects"))
    new_loans = Loans(SharedDb(cluster, database), store, quick("lending_club"))
    new_loans.deliver((test_data / FILE).read_bytes(), "history/loans.parquet", "applications")
    new_loans.receipts = {receipt.feed: receipt for receipt in new_loans.take()}
    new_loans.file = pyarrow.parquet.read_table(test_data / FILE).to_pylist()
    yield new_loans
    new_loans.connection.close()
    with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
        connection.execute(f"drop database {database} with (force)".encode())


def test_all_loans_and_their_outcomes_enter_from_one_file(loans: Loans) -> None:
    assert {
        feed: (receipt.rows_in_file, receipt.rows_admitted)
        for feed, receipt in loans.receipts.items()
    } == {"applications": (42_535, 42_533), "application_labels": (42_535, 42_535)}
    # 14 open accounts of 8, and 4 of 3
    assert loans.rows("select row_number, reason from raw.rejected_rows order by 1") == [
        (169, "more_open_than_all_accounts"),
        (209, "more_open_than_all_accounts"),
    ]
    assert loans.rows(
        "select is_policy_exception, is_default, count(*) from raw.application_labels"
        " group by 1, 2 order by 1, 2"
    ) == [
        (False, False, 34_116),
        (False, True, 5_670),
        (True, False, 1_988),
        (True, True, 761),
    ]
    assert loans.rows(
        "select count(fico_low), count(annual_income_minor), count(employment_years),"
        " count(distinct customer_id), count(*) filter (where is_history)"
        " from raw.applications"
    ) == [(9_572, 42_529, 41_421, 42_533, 42_533)]


def test_each_outcome_is_known_at_the_end_of_its_loan(loans: Loans) -> None:
    known_times = dict(loans.rows("select application_id, known_at from raw.application_labels"))

    wrong = {
        row["source_row"]: (known_times[str(row["source_row"])], known_at(row))
        for row in loans.file
        if known_times[str(row["source_row"])] != known_at(row)
    }

    assert len(known_times) == len(loans.file)
    assert wrong == {}


def test_each_application_is_known_at_its_date_with_the_values_of_the_file(
    loans: Loans,
) -> None:
    some = loans.file[::97]
    query = (
        "select application_id, applied_at, known_at, requested_amount_minor, term_months,"
        " annual_income_minor, debt_to_income_percent, fico_low, revolving_utilisation_percent,"
        " months_since_delinquency, first_credit_date::text, home_ownership"
        " from raw.applications where application_id = any(%s)"
    )
    applications = {
        row[0]: row[1:] for row in loans.rows(query, [str(row["source_row"]) for row in some])
    }

    assert applications == {
        str(row["source_row"]): (
            midnight(row["issue_d"]),
            midnight(row["issue_d"]),
            row["loan_amnt"] * 100,
            int(row["term"].split()[0]),
            None if row["annual_inc"] is None else round(row["annual_inc"] * 100),
            row["dti"],
            row["fico_range_low"],
            row["revol_util"],
            row["mths_since_last_delinq"],
            row["earliest_cr_line"],
            row["home_ownership"],
        )
        for row in some
    }


def test_bad_loans_are_rejected_with_their_reasons_and_counted(
    migrated: Any, test_data: Path, tmp_path: Path
) -> None:
    intake = Intake(migrated, FolderStore(tmp_path / "objects"), quick("lending_club"))
    rows = pyarrow.parquet.read_table(test_data / FILE).slice(0, 300).to_pylist()
    rows[7]["dti"], rows[8]["annual_inc"] = float("inf"), -1.0
    rows[9]["term"], rows[10]["loan_status"] = "for ever", "Forgiven"
    of_another = ("source_row", "loan_status", "last_pymnt_d")
    rows[12] |= {name: rows[11][name] for name in of_another}
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pa.Table.from_pylist(rows), buffer)
    intake.deliver(buffer.getvalue(), "loans.parquet", "applications")

    receipts = {receipt.feed: receipt for receipt in intake.take()}

    assert {
        feed: (receipt.rows_in_file, receipt.rows_rejected, receipt.rows_admitted)
        for feed, receipt in receipts.items()
    } == {"applications": (300, 7, 293), "application_labels": (300, 1, 298)}
    assert intake.rows(
        "select feed, row_number, rejected_rows.reason from raw.rejected_rows"
        " inner join raw.deliveries using (delivery_id) order by 1, 2"
    ) == [
        ("application_labels", 11, "unknown_outcome"),
        ("applications", 8, "not_a_percentage"),
        ("applications", 9, "amount_not_positive"),
        ("applications", 10, "not_a_term"),
        ("applications", 12, "conflicting_content"),
        ("applications", 13, "conflicting_content"),
        ("applications", 169, "more_open_than_all_accounts"),
        ("applications", 209, "more_open_than_all_accounts"),
    ]


def known_at(row: dict[str, Any]) -> datetime:
    """Return the moment at which the outcome of a loan became known."""
    lag = CHARGE_OFF_LAG if "Charged Off" in row["loan_status"] else timedelta(0)
    if row["last_pymnt_d"]:
        return midnight(row["last_pymnt_d"]) + lag
    issued, months = date.fromisoformat(row["issue_d"]), int(row["term"].split()[0])
    return midnight(str(issued.replace(year=issued.year + months // 12))) + CHARGE_OFF_LAG


def midnight(day: str) -> datetime:
    """Return the first instant of a day."""
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
