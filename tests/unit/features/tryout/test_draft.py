"""A draft describes a file that the project has never seen, and the check accepts its rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from features.platform.errors import ConfigurationError
from features.sources import descriptions
from features.tryout import trial
from features.tryout.draft import draft_of
from features.tryout.draft_trial import Tried, tried
from features.tryout.sample import sample_of
from tests.unit.features.tryout import shapes


def drafted(path: Path) -> Tried:
    return tried(draft_of(sample_of(path)), path)


def feed_of(result: Tried, name: str = "transactions") -> dict[str, object]:
    feed: dict[str, object] = yaml.safe_load(result.text)["feeds"][name]
    return feed


def columns_of(result: Tried) -> dict[str, object]:
    columns = feed_of(result)["columns"]
    assert isinstance(columns, dict)
    return columns


@pytest.mark.parametrize("shape", shapes.SHAPES, ids=lambda shape: shape.__name__)
def test_a_draft_loads_and_the_check_accepts_most_rows(
    shape: Callable[[Path], Path], tmp_path: Path
) -> None:
    path = shape(tmp_path)

    yaml_file = tmp_path / "drafted.yaml"
    yaml_file.write_text(drafted(path).text, encoding="utf-8")
    (check, *_) = trial.trial_of(path, descriptions.load(str(yaml_file)))

    assert check.hold is None
    assert check.accepted >= 0.95 * check.rows - check.repeats.duplicates


def test_a_german_bank_has_semicolons_a_decimal_comma_and_words_for_fraud(tmp_path: Path) -> None:
    result = drafted(shapes.german_bank(tmp_path))

    assert columns_of(result) == {
        "transaction_id": "Buchungsnummer",
        "customer_id": "Kundennummer",
        "merchant_id": "Händler",
        "timestamp": {"column": "Buchungsdatum", "format": "%d.%m.%Y %H:%M"},
        "amount": {"column": "Betrag", "decimal": ",", "thousands": "."},
        "currency": "Währung",
    }
    document = yaml.safe_load(result.text)
    assert document["encoding"] == "windows-1252"
    assert document["csv"] == {"delimiter": ";"}
    label = feed_of(result)["inline_label"]
    assert isinstance(label, dict)
    assert (label["true_words"], label["false_words"]) == (["Ja"], ["Nein"])


def test_a_date_and_a_time_with_pm_are_joined_and_dollars_name_their_currency(
    tmp_path: Path,
) -> None:
    columns = columns_of(drafted(shapes.us_cards(tmp_path)))

    assert columns["timestamp"] == {"columns": ["Date", "Time"], "format": "%m/%d/%Y %I:%M %p"}
    assert columns["amount"] == {"column": "Amount", "thousands": ",", "currency_sign": ["$"]}
    assert columns["currency"] == {"constant": "USD"}


def test_year_month_day_and_time_are_joined_and_a_numbered_card_names_no_customer(
    tmp_path: Path,
) -> None:
    result = drafted(shapes.parted_dates(tmp_path))

    parts = ["Year", "Month", "Day", "Time"]
    assert columns_of(result)["timestamp"] == {"columns": parts, "format": "%Y %m %d %H:%M"}
    assert columns_of(result)["customer_id"] == "User"
    assert yaml.safe_load(result.text)["time_zone"] == "UTC"


def test_identifiers_in_floating_point_are_read_whole(tmp_path: Path) -> None:
    columns = columns_of(drafted(shapes.floating_ids(tmp_path)))

    assert columns["customer_id"] == {"column": "CustomerID", "floats": "whole"}
    assert columns["currency"] == {"column": "currency", "replace": {"eur": "EUR"}}
    assert columns["timestamp"] == {"column": "created", "format": "epoch_seconds"}


def test_days_and_times_of_digits_are_found_without_names(tmp_path: Path) -> None:
    columns = columns_of(drafted(shapes.times_without_names(tmp_path)))

    assert columns["timestamp"] == {
        "columns": ["column_3", "column_4"],
        "format": "%Y%m%d %H%M%S",
    }


def test_loans_without_an_identifier_have_outcomes_under_a_digest(tmp_path: Path) -> None:
    result = drafted(shapes.loans_without_ids(tmp_path))
    loans, outcomes = feed_of(result, "applications"), feed_of(result, "application_labels")

    for feed in (loans, outcomes):
        assert isinstance(feed["columns"], dict)
        assert feed["columns"]["application_id"] == {"generate": "content_hash"}
    assert loans["refused"] == ["age", "SeriousDlqin2yrs"]
    assert outcomes["outcomes"] == {"0": "fully_paid", "1": "charged_off"}


def test_personal_columns_are_refused_with_a_reason_and_never_printed(tmp_path: Path) -> None:
    result = drafted(shapes.us_cards(tmp_path))

    assert feed_of(result)["refused"] == ["First", "Last", "Contact"]
    assert "holds e-mail addresses" in result.text
    assert not any(secret in result.text for secret in ("Ann", "Smith", "example.org"))


def test_full_card_numbers_and_protected_attributes_are_refused(tmp_path: Path) -> None:
    result = drafted(shapes.card_numbers(tmp_path))

    assert "cc_num   # holds full card numbers" in result.text
    assert {"cc_num", "gender", "dob"} <= set(feed_of(result)["refused"])  # type: ignore[call-overload]
    assert not any(secret in result.text for secret in ("41111111", "1988"))


def test_made_up_card_numbers_may_name_the_customer(tmp_path: Path) -> None:
    text = " ".join(drafted(shapes.card_numbers(tmp_path)).text.replace("#", "").split())

    assert "cc_num holds card numbers; where they are made up, write customer_id: cc_num" in text


def test_times_of_day_with_and_without_a_fraction_are_read_as_iso(tmp_path: Path) -> None:
    path = tmp_path / "parts.csv"
    rows = [f"t{i},c{i % 9},2026-01-05,10:{i % 60:02}:07{'.25' * (i % 3)},1" for i in range(1, 99)]
    rows = [row.replace(".25.25", ".5") for row in rows]
    path.write_text("\n".join(["id,card,date,time,amount", *rows]))

    result = drafted(path)

    assert columns_of(result)["timestamp"] == {"columns": ["date", "time"]}
    assert result.checks[0].accepted == len(rows)


def test_amounts_finer_than_their_money_are_rounded_with_a_doubt(tmp_path: Path) -> None:
    path = tmp_path / "fine.csv"
    rows = [f"t{i},c{i % 9},{1_704_067_200 + i},{i}.12{i % 2 or ''}" for i in range(1, 99)]
    path.write_text("\n".join(["id,card,created,amount", *rows]))

    amount = columns_of(drafted(path))["amount"]

    assert amount == {"column": "amount", "rounding": "binary"}


def test_a_single_nul_makes_no_utf_16(tmp_path: Path) -> None:
    path = shapes.floating_ids(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"t7,", b"t\x00,"))

    with pytest.raises(ConfigurationError, match="has control characters"):
        sample_of(path)


def test_milliseconds_since_1970_are_an_epoch(tmp_path: Path) -> None:
    columns = columns_of(drafted(shapes.epoch_lines(tmp_path)))

    assert columns["timestamp"] == {"column": "ts", "format": "epoch_milliseconds"}


def test_a_count_of_hours_asks_for_its_start(tmp_path: Path) -> None:
    result = drafted(shapes.simulation(tmp_path))

    assert columns_of(result)["timestamp"] == {
        "column": "step",
        "format": "epoch_hours",
        "since": "2025-01-01T00:00:00Z",
    }
    assert "TODO: write the moment at which the count starts" in result.text
    assert feed_of(result)["refused"] == ["isFlaggedFraud"]


def test_rows_without_an_identifier_get_a_digest(tmp_path: Path) -> None:
    result = drafted(shapes.without_id(tmp_path))

    assert columns_of(result)["transaction_id"] == {"generate": "content_hash"}


def test_a_missing_required_column_is_a_todo_with_the_columns_to_choose(tmp_path: Path) -> None:
    file = tmp_path / "odd.csv"
    file.write_text("a,b\n" + "".join(f"{n},{n % 3}\n" for n in range(50)))

    result = drafted(file)

    assert "TODO: no column was found for customer_id" in result.text
    assert "canonical columns without a guess" in result.text
    assert "it cannot be loaded before these columns are named" in str(result.problem)
    assert yaml.safe_load(result.text)["feeds"]


def test_a_column_that_gives_the_label_away_is_refused(tmp_path: Path) -> None:
    rows = [
        f"T{n},C{n % 9},M{n % 5},2026-01-05 10:{n % 60:02}:00,{n + 1}.50,EUR,"
        f"{'blocked' if n % 10 == 0 else 'open'},{int(n % 10 == 0)}"
        for n in range(300)
    ]
    file = tmp_path / "leak.csv"
    head = "transaction_id,customer_id,merchant_id,time,amount,currency,account_state,is_fraud"
    file.write_text("\n".join([head, *rows]) + "\n")

    result = drafted(file)

    assert feed_of(result)["refused"] == ["account_state"]
    assert "its values give 100% of the positive labels away" in result.text


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"PAR1", b"PK\x03\x04", b"\x1f\x8b", b"{", b"[1]"]
)
def test_a_file_that_is_no_table_is_refused_with_its_name(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / ("odd.csv.gz" if content[:1] == b"\x1f" else "odd.csv")
    file.write_bytes(content)

    with pytest.raises(ConfigurationError, match=r"odd\.csv"):
        drafted(file)
