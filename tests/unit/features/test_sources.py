"""A source description is complete, or is refused with the file and the key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from features.platform.errors import ConfigurationError
from features.sources import descriptions
from features.sources.mapping import SourceFeed

MINIMAL: dict[str, Any] = {
    "description": "A shop.",
    "maturity_days": 7,
    "feeds": {
        "transactions": {
            "formats": ["csv"],
            "columns": {
                "transaction_id": "ID",
                "customer_id": "CARD",
                "merchant_id": "SHOP",
                "timestamp": "AT",
                "amount": "SUM",
                "currency": {"constant": "EUR"},
            },
        }
    },
}


def _columns(**changes: Any) -> dict[str, Any]:
    """Return the columns of the short description with changes; None removes a column."""
    changed = MINIMAL["feeds"]["transactions"]["columns"] | changes
    return {name: value for name, value in changed.items() if value is not None}


def _load(
    tmp_path: Path, changes: dict[str, Any] | None = None, **feed: Any
) -> descriptions.Sources:
    transactions = MINIMAL["feeds"]["transactions"] | feed
    described = MINIMAL | {"feeds": {"transactions": transactions}} | (changes or {})
    path = tmp_path / "shop.yaml"
    path.write_text(yaml.safe_dump(described, sort_keys=False))
    return descriptions.load(str(path))


def test_a_short_description_is_enough(tmp_path: Path) -> None:
    described = _load(tmp_path, latency="2h")
    feed = described.feeds["transactions"]

    assert described.name == "shop"
    assert feed.folder == "landing/shop/transactions"
    assert feed.history_folder == "landing/shop/transactions/history"
    assert feed.delivered_columns == ("ID", "CARD", "SHOP", "AT", "SUM")
    assert feed.latency == timedelta(hours=2)


WRONG: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "an unknown key": (
        {},
        {"colour": "red"},
        "colour: Extra inputs are not permitted; the keys here are",
    ),
    "a misspelt key": ({}, {"latncy": "7d"}, "did you mean `latency`?"),
    "an unknown canonical column": ({}, {"optional": ["colour"]}, "optional: not a column"),
    "a missing column": (
        {},
        {"columns": {"amount": "SUM"}},
        "transactions needs currency, customer_id",
    ),
    "no currency": ({}, {"columns": _columns(currency=None)}, "needs currency"),
    "an unknown currency": (
        {},
        {"columns": _columns(currency={"constant": "XQZ"})},
        "currency: constant: 'XQZ' is not ISO 4217",
    ),
    "a column that is refused and read": ({}, {"refused": ["SUM"]}, "refused: SUM"),
    "a share over one": ({}, {"tolerated_bad_share": 5}, "tolerated_bad_share"),
    "a negative latency": ({}, {"latency": -1}, "latency"),
    "an unknown format": ({}, {"formats": ["docx"]}, "formats"),
    "an unranked provenance": (
        {},
        {"inline_label": {"column": "BAD", "latency": "7d", "provenance": "hearsay"}},
        "provenance_rank: lacks 'hearsay'",
    ),
    "an unknown zone": (
        {"time_zone": "Mars/Olympus"},
        {},
        "time_zone: Value error, 'Mars/Olympus'",
    ),
    "a folder of zones": ({"time_zone": "Europe"}, {}, "'Europe' is not a time zone"),
    "a day that is no moment": ({"decide_from": "2026-01-01"}, {}, "expected a moment such as"),
    "a duration without a unit": ({}, {"latency": 30}, "latency: Input should be a valid duration"),
    "a duration of an unknown unit": ({}, {"latency": "7w"}, "expected a duration such as 7d"),
    "a duration beyond all time": ({}, {"latency": "999999d"}, "latency: Input should be less"),
    "a number in quotes": ({}, {"tolerated_bad_share": "0.05"}, "the file has text"),
    "a truth in words": (
        {},
        {"allow_zero_amount": "yes"},
        "allow_zero_amount: Input should be a valid",
    ),
    "a text where a list is expected": ({}, {"formats": "csv"}, "formats: Input should be a valid"),
    "decide_from without a zone": ({"decide_from": datetime(2026, 1, 1)}, {}, "decide_from"),
    "an unknown feed": ({"feeds": {"weather": {}}}, {}, "weather"),
    "no maturity": ({"maturity_days": None}, {}, "maturity_days"),
}


@pytest.mark.parametrize(("changes", "feed", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_description_names_file_and_key(
    tmp_path: Path, changes: dict[str, Any], feed: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        _load(tmp_path, changes, **feed)

    assert "shop.yaml: " in str(caught.value)
    assert message in str(caught.value)


def test_a_missing_description_is_refused_with_the_existing_names() -> None:
    with pytest.raises(
        ConfigurationError,
        match="complete_journey, fraud_handbook, lending_club, online_retail, synthetic",
    ):
        descriptions.load("nobody")


def test_a_file_that_is_not_yaml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text("a: [")

    with pytest.raises(ConfigurationError, match=r"shop\.yaml is not readable"):
        descriptions.load(str(path))


def test_a_run_may_state_decide_from_itself() -> None:
    stated = descriptions.load("synthetic", {"decide_from": "2026-01-01T02:00:00+02:00"})

    assert stated.decide_from == datetime(2026, 1, 1, tzinfo=UTC)
    assert descriptions.load("fraud_handbook", {"decide_from": None}).decide_from == datetime(
        2018, 8, 14, tzinfo=UTC
    )


def test_rates_and_reference_files_are_admitted_before_rows_and_labels_last() -> None:
    assert list(descriptions.load("synthetic").feeds) == [
        "fx_rates",
        "places",
        "merchants",
        "customers",
        "products",
        "transactions",
        "transaction_labels",
        "promotions",
        "purchase_orders",
        "stock_movements",
        "stock_levels",
        "sales",
        "applications",
        "application_labels",
        "applicant_attributes",
    ]


def test_the_handbooks_leak_column_cannot_be_loaded() -> None:
    feed = descriptions.load("fraud_handbook").feeds["transactions"]

    assert "TX_FRAUD_SCENARIO" in feed.refused
    assert "TX_FRAUD_SCENARIO" not in feed.delivered_columns
    with pytest.raises(ValueError, match="would be read as well"):
        SourceFeed.model_validate(
            feed.model_dump() | {"columns": {**feed.columns, "channel": "TX_FRAUD_SCENARIO"}}
        )


def test_only_the_labels_of_lending_club_read_its_outcome() -> None:
    feeds = descriptions.load("lending_club").feeds

    assert feeds["applications"].folder == feeds["application_labels"].folder
    assert "loan_status" not in feeds["applications"].delivered_columns
    assert "loan_status" in feeds["application_labels"].delivered_columns


@pytest.mark.parametrize(
    "column",
    [
        "total_pymnt",
        "last_pymnt_d",
        "Total Rec Prncp",
        "hardship_amount",
        "debt_settlement_flag",
        "sex",
        "Marital Status",
        "int_rate",
        "intRate",
        "grade",
        "SUB-GRADE",
    ],
)
def test_no_application_reads_the_outcome_the_price_or_a_protected_attribute(column: str) -> None:
    feed = descriptions.load("synthetic").feeds["applications"]

    with pytest.raises(ValueError, match="would be read as well"):
        SourceFeed.model_validate(feed.model_dump() | {"columns": {**feed.columns, "dti": column}})


def test_the_lenders_price_is_read_only_with_a_declared_exception() -> None:
    feed = descriptions.load("synthetic").feeds["applications"]
    columns = {**feed.columns, "dti": "int_rate"}

    allowed = SourceFeed.model_validate(
        feed.model_dump() | {"columns": columns, "allow_lenders_price": True}
    )

    assert "int_rate" in allowed.delivered_columns


def test_an_exception_must_be_an_outcome_that_the_source_describes() -> None:
    feed = descriptions.load("lending_club").feeds["application_labels"]

    with pytest.raises(ValueError, match="policy_exceptions: not in outcomes: Pending"):
        SourceFeed.model_validate(feed.model_dump() | {"policy_exceptions": ["Pending"]})


def test_a_key_that_occurs_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(yaml.safe_dump(MINIMAL, sort_keys=False) + "maturity_days: 0\n")

    with pytest.raises(ConfigurationError, match=r"line \d+, column 1: the key maturity_days occ"):
        descriptions.load(str(path))
