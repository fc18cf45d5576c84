"""Drafts of published files that no line of the project names are accepted almost whole."""

from __future__ import annotations

from pathlib import Path

import yaml

from features.tryout.draft import draft_of
from features.tryout.draft_trial import tried
from features.tryout.sample import sample_of


def test_card_payments_of_164_currencies_are_described(test_data: Path) -> None:
    path = test_data / "transactions" / "evalml_fraud_transactions.parquet"

    result = tried(draft_of(sample_of(path)), path)

    (check,) = result.checks
    assert check.hold is None
    assert check.accepted > 0.98 * check.rows
    feed = yaml.safe_load(result.text)["feeds"]["transactions"]
    assert feed["inline_label"]["column"] == "fraud"
    assert feed["columns"]["currency"]["replace"]["NIS"] == "ILS"


def test_a_loan_file_without_ids_and_dates_is_taken_for_applications(test_data: Path) -> None:
    path = test_data / "loans" / "german_credit.csv.gz"

    result = tried(draft_of(sample_of(path)), path)

    assert [check.feed for check in result.checks] == ["applications", "application_labels"]
    assert [check.accepted for check in result.checks] == [1000, 1000]
    feed, outcomes = yaml.safe_load(result.text)["feeds"].values()
    assert outcomes["columns"]["application_id"] == feed["columns"]["application_id"]
    assert {"creditability", "age_in_years", "personal_status_and_sex"} <= set(feed["refused"])
    assert feed["columns"]["application_id"] == {"generate": "content_hash"}
