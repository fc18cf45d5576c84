"""Words of a source get their canonical values; an unknown word rejects its row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from features.ingest.checks import Rules, check
from features.ingest.limits import DEFAULT
from tests.unit.features.spelling.shop import NOW, chunk_of, feed_of, judged, reasons, values

LABEL = {"column": "bad", "latency": "7d", "provenance": "bank"}


def test_flags_have_words_in_any_case(tmp_path: Path) -> None:
    keys = {"column": "big", "true_words": ["Yes", "Y"], "false_words": "No"}

    checked = judged(tmp_path, {"is_high_value": keys}, {"big": ["YES", "y", "no", "", "1"]})

    assert values(checked, "is_high_value") == [True, True, False, None]
    assert reasons(checked) == ["not_a_boolean"]


@pytest.mark.parametrize("text", ["TRUE", "true", "t", "1", "1.0"])
def test_common_words_for_true_need_no_declaration(tmp_path: Path, text: str) -> None:
    checked = judged(tmp_path, {"is_high_value": "big"}, {"big": [text]})

    assert values(checked, "is_high_value") == [True]


def test_a_blank_label_is_not_known_yet(tmp_path: Path) -> None:
    label = {**LABEL, "true_words": "fraud", "false_words": "legit", "null_tokens": "open"}

    checked = judged(
        tmp_path, {}, {"bad": ["fraud", "Legit", "", "open", "maybe"]}, inline_label=label
    )

    assert values(checked, "inline_is_fraud") == [True, False, None, None]
    assert reasons(checked) == ["not_a_boolean"]


def test_a_row_of_a_file_of_labels_without_a_label_states_nothing() -> None:
    feed = feed_of("transaction_labels", provenance={"constant": "bank"})
    chunk = chunk_of({"transaction_id": ["t1", "t2"], "is_fraud": ["1", ""]})

    checked = check(chunk, Rules(feed, ("bank",), NOW, DEFAULT))

    assert values(checked, "provenance") == ["bank"]
    assert reasons(checked) == ["not_known_yet"]


def test_a_map_translates_words_and_rejects_others(tmp_path: Path) -> None:
    keys = {"column": "way", "map": {"CHIP": "pos", "ONLINE": "web"}}
    delivered = {"way": ["CHIP", "ONLINE", "", "MAIL"]}

    strict = judged(tmp_path, {"channel": keys}, delivered)
    lenient = judged(tmp_path, {"channel": {**keys, "otherwise": "other"}}, delivered)

    assert values(strict, "channel") == ["pos", "web", None]
    assert reasons(strict) == ["not_in_map"]
    assert values(lenient, "channel") == ["pos", "web", None, "other"]


def test_a_replacement_changes_some_texts_and_keeps_the_others(tmp_path: Path) -> None:
    keys = {"column": "cur", "replace": {"NIS": "ILS", "GGP": "GBP"}}

    checked = judged(tmp_path, {"currency": keys}, {"cur": ["NIS", "EUR", "GGP", "XXX"]})

    assert values(checked, "currency_code") == ["ILS", "EUR", "GBP"]
    assert reasons(checked) == ["unknown_currency"]


def test_a_map_translates_words_to_numbers_and_codes(tmp_path: Path) -> None:
    columns = {
        "type": {"column": "kind", "map": {"sale": 1}},
        "currency": {"column": "cur", "map": {"Euro": "EUR"}},
    }

    checked = judged(tmp_path, columns, {"kind": ["sale"], "cur": ["Euro"]})

    assert values(checked, "transaction_type") == [1]
    assert values(checked, "currency_code") == ["EUR"]


def test_a_column_has_further_texts_for_no_value(tmp_path: Path) -> None:
    keys = {"column": "device", "null_tokens": ["n/a", 999]}

    checked = judged(tmp_path, {"device_id": keys}, {"device": ["n/a", "999", "d1", ""]})

    assert values(checked, "device_id") == [None, None, "d1", None]


def test_a_constant_is_the_value_of_every_row(tmp_path: Path) -> None:
    checked = judged(tmp_path, {"merchant_id": {"constant": "web-1"}}, {"sum": ["1", "2"]})

    assert values(checked, "merchant_id") == ["web-1", "web-1"]


@pytest.mark.parametrize(
    ("feed", "column", "target", "keys", "text", "value"),
    [
        ("applications", "dti", "debt_to_income_percent", {"unit": "share"}, "0.125", 12.5),
        ("applications", "dti", "debt_to_income_percent", {"decimal": ","}, "12,5%", 12.5),
        ("applications", "term", "term_months", {"unit": "years"}, "3 years", 36),
        ("applications", "term", "term_months", {"unit": "months"}, "36", 36),
        ("applications", "emp_length", "employment_years", {"unit": "months"}, "30", 2),
        ("applications", "open_acc", "open_account_count", {"thousands": ","}, "1,000", 1000),
        ("transactions", "card_risk_score", "card_risk_score", {"unit": "percent"}, "55 %", 0.55),
        ("transactions", "merchant_latitude", "merchant_latitude", {"decimal": ","}, "48,2", 48.2),
    ],
)
def test_numbers_have_declared_units_and_marks(
    feed: str, column: str, target: str, keys: dict[str, Any], text: str, value: float
) -> None:
    others = {"merchant_longitude": "lon"} if column == "merchant_latitude" else {}
    source = feed_of(feed, **{column: {"column": "x", **keys}}, **others)
    required = {
        "application_id": "a1", "customer_id": "c1", "applied_at": "2026-02-01", "term": "36",
        "loan_amnt": "1000", "currency": "EUR", "transaction_id": "t1", "merchant_id": "m1",
        "timestamp": "2026-02-01", "amount": "1", "lon": "16.3",
    }  # fmt: skip
    chunk = chunk_of({**{name: [given] for name, given in required.items()}, "x": [text]})

    checked = check(chunk, Rules(source, (), NOW, DEFAULT))

    assert reasons(checked) == []
    assert values(checked, target) == [value]
