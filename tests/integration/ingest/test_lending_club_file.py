"""LendingClub's public loans, as its file stands: every row enters, and no answer with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from features.objects import FolderStore
from tests.integration.ingest.conftest import Intake, quick

FILE = "loans/lendingclub_2007_2011.parquet"


def test_all_loans_and_their_outcomes_enter_from_one_file(
    migrated: Any, test_data: Path, tmp_path: Path
) -> None:
    intake = Intake(migrated, FolderStore(tmp_path / "objects"), quick("lending_club"))
    intake.deliver((test_data / FILE).read_bytes(), "history/loans.parquet", "applications")

    receipts = {receipt.feed: receipt for receipt in intake.take()}

    assert {feed: receipt.rows_admitted for feed, receipt in receipts.items()} == {
        "applications": 42_535,
        "application_labels": 42_535,
    }
    assert intake.rows(
        "select is_policy_exception, is_default, count(*) from raw.application_labels"
        " group by 1, 2 order by 1, 2"
    ) == [
        (False, False, 34_116),
        (False, True, 5_670),
        (True, False, 1_988),
        (True, True, 761),
    ]
    assert intake.rows(
        "select count(fico_low), count(annual_income_minor), count(employment_years),"
        " count(distinct customer_id), count(*) filter (where is_history)"
        " from raw.applications"
    ) == [(9_574, 42_531, 41_423, 42_535, 42_535)]
