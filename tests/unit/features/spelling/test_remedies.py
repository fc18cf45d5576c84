"""The remedy for rejected rows names the key and, if their texts show it, its value."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.ingest.checks import Rules, check
from features.ingest.faults import Faults
from features.ingest.limits import DEFAULT
from features.ingest.reasons import SENTENCES, RowReason
from features.ingest.remedies import remedy
from features.sources.mapping import SourceFeed
from tests.unit.features.spelling.shop import NOW, chunk_of, described

LABEL = {"column": "bad", "latency": "7d", "provenance": "bank"}
COLUMNS = {"is_high_value": "big", "card_risk_score": "risk", "type": "kind", "currency": "cur"}


@pytest.fixture
def feed(tmp_path: Path) -> SourceFeed:
    return described(tmp_path, COLUMNS, inline_label=LABEL).feeds["transactions"]


@pytest.mark.parametrize(
    ("reason", "column", "samples", "keys"),
    [
        (
            "amount_not_a_number",
            "amount",
            ["$9.99", "$1,234.50"],
            'currency_sign: "$", thousands: ","',
        ),
        ("kind_against_sign", "kind", ["CARD_REFUND"], "correct `map` of columns.kind"),
        ("amount_not_a_number", "amount", ["1.234,56"], 'decimal: ",", thousands: "."'),
        ("amount_not_a_number", "amount", ["12,50 €"], 'currency_sign: "€", decimal: ","'),
        (
            "amount_not_a_number",
            "amount",
            ["(12.00)", "5-"],
            "negative: [parentheses, trailing_minus]",
        ),
        ("amount_not_a_number", "amount", ["1 200.00"], 'thousands: " "'),
        ("amount_not_a_number", "amount", ["1'200.00"], 'thousands: "\'"'),
        ("amount_not_a_number", "amount", ["1.5E+3"], "exponents: true"),
        ("amount_not_a_number", "amount", ["n/a", "-"], 'null_tokens: ["n/a", "-"]'),
        ("amount_not_positive", "amount", ["-3"], "sign: debit_negative"),
        ("amount_not_positive", "amount", ["0.00"], "allow_zero_amount: true"),
        ("amount_too_precise", "amount", ["1.10000000000001"], "rounding: binary"),
        ("unknown_currency", "currency", ["$"], 'map: {"$": USD}'),
        ("timestamp_not_a_time", "timestamp", ["31/12/2024 5:04 PM"], "%d/%m/%Y %I:%M %p"),
        ("timestamp_not_a_time", "timestamp", ["01-JAN-24"], "%d-%b-%y"),
        ("timestamp_not_a_time", "timestamp", ["1577836800123"], "epoch_milliseconds"),
        ("timestamp_not_a_time", "timestamp", ["20240105123059"], "%Y%m%d%H%M%S"),
        ("timestamp_without_zone", "timestamp", ["2024-01-05"], "zone: Europe/Vienna"),
        (
            "not_a_boolean",
            "is_high_value",
            ["Yes", "No"],
            'true_words: ["Yes"], false_words: ["No"]',
        ),
        ("not_a_boolean", "is_fraud", ["fraud"], 'true_words: ["fraud"]` to inline_label'),
        ("not_a_share", "card_risk_score", ["55%"], "unit: percent"),
        ("not_a_share", "card_risk_score", ["0,5"], 'decimal: ","'),
        ("not_an_integer", "type", ["debit"], "`map`"),
        ("card_number", "customer_id", ["4111111111111111"], "numeric_id"),
        ("invisible_character", "customer_id", ["c1 "], "trim: true"),
        ("conflicting_content", "", [], "transaction_id: {generate: content_hash}"),
    ],
)
def test_a_remedy_names_the_key_and_its_value(
    feed: SourceFeed, reason: str, column: str, samples: list[str], keys: str
) -> None:
    text = remedy(RowReason(reason), column, samples, feed)

    assert text is not None
    assert keys in text


def test_a_date_with_two_readings_gets_both_formats(feed: SourceFeed) -> None:
    text = remedy(RowReason.TIMESTAMP_NOT_A_TIME, "timestamp", ["1/2/2024", "3/4/2024"], feed)

    assert text is not None
    assert "%d/%m/%Y" in text
    assert "%m/%d/%Y" in text


@pytest.mark.parametrize("reason", RowReason)
def test_no_remedy_repeats_a_value_of_a_row(feed: SourceFeed, reason: RowReason) -> None:
    for column in ("amount", "timestamp", "is_high_value", "customer_id"):
        text = remedy(reason, column, ["Miller 123.456", "Miller"], feed) or ""

        assert "Miller" not in text
        assert "123" not in text


def test_every_reason_has_a_sentence() -> None:
    assert set(SENTENCES) == set(RowReason)


def test_the_faults_of_a_file_name_the_keys_of_the_most_frequent_ones(tmp_path: Path) -> None:
    feed = described(tmp_path).feeds["transactions"]
    chunk = chunk_of({"sum": ["$1.00", "$2.00", "3"], "at": ["2026-01-05", "2026-01-05", "5.1.26"]})
    faults = Faults()

    faults.add(chunk, check(chunk, Rules(feed, (), NOW, DEFAULT)).verdicts, feed)

    assert faults.advice(feed) == (
        'amount_not_a_number of amount: add `currency_sign: "$"` to columns.amount; '
        'timestamp_not_a_time of timestamp: add `format: "%d.%m.%y"` to columns.timestamp'
    )


def test_date_and_time_in_two_columns_and_the_factor_of_a_product_are_seen(tmp_path: Path) -> None:
    columns = {
        "timestamp": {"columns": ["day", "clock"]},
        "amount": {"product": ["quantity", "price"]},
    }
    feed = described(tmp_path, columns).feeds["transactions"]
    delivered = {"day": ["1/31/2026"] * 2, "clock": ["9:30 PM"] * 2}
    chunk = chunk_of({**delivered, "quantity": ["2", "2"], "price": ["$3", "4"]})
    faults = Faults()

    faults.add(chunk, check(chunk, Rules(feed, (), NOW, DEFAULT)).verdicts, feed)

    assert 'add `format: "%m/%d/%Y %I:%M %p"` to columns.timestamp' in faults.advice(feed)
    assert 'add `currency_sign: "$"` to columns.amount' in faults.advice(feed)
