"""Amounts of every declared spelling become exact minor units, or reject their row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.features.spelling.shop import judged, reasons, values

NOT_A_NUMBER = "amount_not_a_number"


@pytest.mark.parametrize(
    ("keys", "texts", "minor"),
    [
        (
            {"currency_sign": "$"},
            ["$12.50", "12.50 $", "$ 3", "7", ".5"],
            [1250, 1250, 300, 700, 50],
        ),
        ({"currency_sign": ["EUR", "€"]}, ["EUR 1.00", "1.00€", "1.00 EUR"], [100, 100, 100]),
        ({"thousands": ","}, ["1,234.56", "1,23,456", "12"], [123_456, 12_345_600, 1200]),
        ({"thousands": " "}, ["1 234.5", "1\u00a0234", "1\u202f234"], [123_450, 123_400, 123_400]),
        ({"thousands": "'"}, ["1'234.50", "1\u2019234.50"], [123_450, 123_450]),
        ({"decimal": ",", "thousands": "."}, ["1.234,56", "0,5", "1.234"], [123_456, 50, 123_400]),
        ({"exponents": True}, ["1.5E+2", "5e1", "25E-1", "1E0"], [15_000, 5000, 250, 100]),
        ({"unit": "minor"}, ["1250", "1"], [1250, 1]),
        ({"rounding": "binary"}, ["1108.8500000000001", "0.30000000000000004"], [110_885, 30]),
        ({"trim": True}, [" 12.50 "], [1250]),
        ({"null_tokens": ["-"], "currency_sign": "$"}, ["$1"], [100]),
    ],
)
def test_a_declared_spelling_is_read_exactly(
    tmp_path: Path, keys: dict[str, Any], texts: list[str], minor: list[int]
) -> None:
    checked = judged(tmp_path, {"amount": {"column": "sum", **keys}}, {"sum": texts})

    assert reasons(checked) == []
    assert values(checked, "amount_minor") == minor


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({}, "$12.50"),
        ({"currency_sign": "$"}, "€12.50"),
        ({"thousands": ","}, "1,23"),
        ({"thousands": ","}, "1,234,5"),
        ({"decimal": ","}, "12.50"),
        ({"decimal": ",", "thousands": "."}, "12.50"),
        ({"currency_sign": "$"}, "$"),
        ({"currency_sign": "$"}, "1e3"),
        ({"exponents": True}, "1e99"),
        ({"currency_sign": "$"}, "(12.00)"),
        ({"negative": ["parentheses"]}, "(12.00"),
        ({"negative": ["parentheses"]}, "-(12.00)"),
        ({"negative": ["trailing_minus"]}, "-12.00-"),
    ],
)
def test_another_spelling_than_the_declared_one_is_no_number(
    tmp_path: Path, keys: dict[str, Any], text: str
) -> None:
    checked = judged(tmp_path, {"amount": {"column": "sum", **keys}}, {"sum": [text]})

    assert reasons(checked) == [NOT_A_NUMBER]


def test_purchases_that_are_debits_are_negative_in_the_file(tmp_path: Path) -> None:
    keys = {"sign": "debit_negative", "negative": ["parentheses", "trailing_minus"]}

    checked = judged(
        tmp_path,
        {"amount": {"column": "sum", **keys}},
        {"sum": ["-1.00", "(2.00)", "3.00-", "\u22124.00"]},
    )

    assert values(checked, "amount_minor") == [100, 200, 300, 400]


def test_a_negative_amount_names_the_key_that_gives_it_a_meaning(tmp_path: Path) -> None:
    checked = judged(tmp_path, {}, {"sum": ["-1.00"]})

    assert "sign of the column" in checked.verdicts.rejected()[2][0]


def test_an_amount_may_be_the_exact_product_of_two_columns(tmp_path: Path) -> None:
    checked = judged(
        tmp_path,
        {"amount": {"product": ["quantity", "price"], "currency_sign": "$"}},
        {"quantity": ["3", "1.5", "3", "x"], "price": ["$2.55", "2.1", "0.333", "1"]},
    )

    assert values(checked, "amount_minor") == [765, 315]
    assert reasons(checked) == ["amount_too_precise", NOT_A_NUMBER]


def test_the_sign_of_an_amount_may_name_its_currency(tmp_path: Path) -> None:
    columns = {"currency": {"from_amount": {"$": "USD", "€": "EUR", "US$": "CAD", "¥": "JPY"}}}

    checked = judged(tmp_path, columns, {"sum": ["$3", "4 €", "US$ 1", "¥500", "5"]})

    assert values(checked, "currency_code") == ["USD", "EUR", "CAD", "JPY"]
    assert values(checked, "amount_minor") == [300, 400, 100, 500]
    assert reasons(checked) == ["missing_value"]


def test_an_amount_without_a_sign_may_have_a_currency_too(tmp_path: Path) -> None:
    columns = {"currency": {"from_amount": {"€": "EUR"}, "otherwise": "USD"}}

    checked = judged(tmp_path, columns, {"sum": ["4 €", "5"]})

    assert values(checked, "currency_code") == ["EUR", "USD"]
