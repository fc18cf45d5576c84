"""The suites and what they describe agree: the view, the ledger, the list of names."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from expectations import decisions, raw, suites
from features.ingest.layout import LAYOUTS
from features.views import TRANSACTIONS, Kind
from tests.conftest import Db

MANY = 1_000_000


def expectations_of(suite: str) -> list[Any]:
    return list(suites.load(suite, MANY).expectations)


@pytest.mark.parametrize("suite", sorted(suites.SUITES))
def test_a_suite_bears_its_name_and_every_expectation_its_reason(suite: str) -> None:
    loaded = suites.load(suite, MANY)

    assert loaded.name == suite
    for expectation in loaded.expectations:
        assert expectation.severity.value in {"critical", "warning"}
        assert str(expectation.notes or "").endswith((".", "?"))
        assert expectation.words()


@pytest.mark.parametrize("suite", sorted(suites.SUITES))
def test_a_suite_says_nothing_twice(suite: str) -> None:
    said = Counter(expectation.words() for expectation in expectations_of(suite))

    assert [words for words, times in said.items() if times > 1] == []


def test_every_number_of_the_view_is_bounded_and_flags_are_not() -> None:
    bounded = [e.column for e in expectations_of("features.transactions") if "within" in e_type(e)]

    assert bounded == [f.name for f in TRANSACTIONS.features if f.kind is not Kind.FLAG]


def test_every_required_feature_is_expected_to_be_present() -> None:
    present = [e.column for e in expectations_of("features.transactions") if "present" in e_type(e)]

    assert present == [f.name for f in TRANSACTIONS.features if f.required]


def test_the_features_suite_asks_for_every_column_of_the_view() -> None:
    [columns] = [e for e in expectations_of("features.transactions") if "columns" in e_type(e)]

    assert set(columns.column_set) >= set(TRANSACTIONS.columns)


def test_every_upper_bound_is_there_since_nan_is_above_all_numbers_in_postgres() -> None:
    for suite in suites.SUITES:
        for expectation in expectations_of(suite):
            if "within" in e_type(expectation):
                assert expectation.max_value is not None, (suite, expectation.column)


def test_the_raw_suites_ask_for_the_columns_that_raw_has(migrated: Db) -> None:
    clocks = {"version", "delivery_id", "delivery_seq", "known_at", "is_history", "source"}
    clocks |= {"amount_base_minor"}  # computed at admission, from rates

    for table, asked in (
        ("transactions", raw.TRANSACTION_COLUMNS),
        ("transaction_labels", raw.LABEL_COLUMNS),
        ("fx_rates", raw.RATE_COLUMNS),
    ):
        assert set(asked) == columns(migrated, "raw", table) - clocks | {"row_number"}


def test_the_raw_suites_ask_for_columns_that_the_parser_fills() -> None:
    for feed, asked in (
        ("transactions", raw.TRANSACTION_COLUMNS),
        ("transaction_labels", raw.LABEL_COLUMNS),
        ("fx_rates", raw.RATE_COLUMNS),
    ):
        filled = {column.target for column in LAYOUTS[feed]} | {"row_number"}

        assert set(asked) - filled == set(), feed


def test_the_decisions_suite_asks_for_the_columns_that_the_ledger_has(migrated: Db) -> None:
    ledger = columns(migrated, "decisions", "transaction_decisions")

    assert set(decisions.COLUMNS) == ledger - {"revision"} | {"chunk"}


def columns(db: Db, schema: str, table: str) -> set[str]:
    return {
        name
        for (name,) in db.rows(
            "select column_name::text from information_schema.columns"
            " where table_schema = %s and table_name = %s",
            schema,
            table,
        )
    }


def e_type(expectation: Any) -> str:
    return str(expectation.configuration.type)
