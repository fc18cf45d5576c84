"""A declaration of a feed is complete, or is refused with what it lacks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from features.feeds import FEEDS, ColumnKind, Feed, label_columns, sharing_tables
from features.feeds.admissions import Labels, Versions
from features.feeds.columns import column
from features.feeds.rules import Ordering
from features.ingest.reasons import RowReason

SALE_ID = column("sale_id", ColumnKind.ID, required=True, key=True)
SOLD_AT = column("sold_at", ColumnKind.INSTANT, required=True)
PRICE = column("price", ColumnKind.AMOUNT, "price_minor")
CURRENCY = column("currency", ColumnKind.CURRENCY, "currency_code")
AT_SALE = Versions(event="sold_at", table="raw.sales")


def declare(**changes: Any) -> Feed:
    """Declare a feed of sales that nothing is wrong with, but for the changes."""
    declared: Mapping[str, Any] = {
        "name": "sales",
        "table": "raw.sales",
        "columns": (SALE_ID, SOLD_AT, PRICE, CURRENCY),
        "admission": AT_SALE,
    }
    return Feed(**{**declared, **changes})


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a name that no table may begin with": ({"name": "Sales"}, "the name must be"),
    "a name too long for a landed table": ({"name": "s" * 31}, "the name must be"),
    "a table without a schema": ({"table": "sales"}, "no names of tables with their schema: sales"),
    "two columns of one name": (
        {"columns": (SALE_ID, SALE_ID, SOLD_AT)},
        "declares twice: sale_id",
    ),
    "two columns of one target": (
        {"columns": (SALE_ID, SOLD_AT, column("at", target="sold_at"))},
        "declares twice: sold_at",
    ),
    "a target that ingest computes": (
        {"columns": (SALE_ID, SOLD_AT, column("known_at", ColumnKind.INSTANT))},
        "ingest computes the columns known_at",
    ),
    "no key": ({"columns": (SOLD_AT,)}, "no column is its key"),
    "an event that is no column": (
        {"columns": (SALE_ID,)},
        "mentions columns that it lacks: sold_at",
    ),
    "an event that may be missing": (
        {"columns": (SALE_ID, column("sold_at", ColumnKind.INSTANT))},
        "sold_at is not an instant that every row has",
    ),
    "money without a currency": (
        {"columns": (SALE_ID, SOLD_AT, PRICE)},
        "needs the target columns currency_code",
    ),
    "money under a name that no base amount follows from": (
        {"columns": (SALE_ID, SOLD_AT, CURRENCY, column("price", ColumnKind.AMOUNT))},
        "target columns of money end with _minor: price",
    ),
    "labels without a provenance": (
        {"admission": Labels(stated=("price",), first_known_at="landed.sold_at")},
        "needs the target columns declared_known_at, provenance",
    ),
    "an ordering of a column that is absent": (
        {"orderings": (Ordering("sold_at", "returned_at", "conflicting_content"),)},
        "mentions columns that it lacks: returned_at",
    ),
}


@pytest.mark.parametrize(("changes", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_declaration_says_what_is_wrong(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match="feed ") as caught:
        declare(**changes)

    assert message in str(caught.value)


def test_columns_of_one_name_belong_to_their_feed_alone() -> None:
    sales = declare(columns=(SALE_ID, SOLD_AT, column("amount", ColumnKind.COUNT, "units_sold")))

    assert sales.column("amount").sql_type == "integer"
    assert FEEDS["transactions"].column("amount").sql_type == "bigint"


def test_a_rule_rejects_with_a_reason_of_the_closed_list() -> None:
    reasons = {
        reason
        for feed in FEEDS.values()
        for reason in (
            *(ordering.reason for ordering in feed.orderings),
            *(pair.reason for pair in (*feed.pairs, *feed.choices, *feed.distinct)),
            *(code for rule in feed.companions for code in (rule.missing, rule.unasked)),
        )
    }

    assert len(reasons) == 11
    assert reasons <= set(RowReason)


def test_transactions_share_a_table_with_the_feed_of_their_labels_and_no_other() -> None:
    assert sharing_tables("transactions") == ("transactions", "transaction_labels")
    assert sharing_tables("transaction_labels") == ("transactions", "transaction_labels")
    for name in ("fx_rates", "applications", "application_labels", "applicant_attributes"):
        assert sharing_tables(name) == (name,)


def test_only_the_labels_of_transactions_may_stand_in_two_columns() -> None:
    columns = {name: label_columns(feed) for name, feed in FEEDS.items() if label_columns(feed)}

    assert columns == {"transaction_labels": ("inline_is_fraud", "is_fraud")}


def test_only_protected_rows_have_no_gate() -> None:
    closed = [feed.name for feed in FEEDS.values() if feed.suite is None]

    assert closed == ["applicant_attributes"]


def test_the_declarations_are_light() -> None:
    heavy = "pandas numpy pyarrow psycopg pydantic great_expectations"
    program = (
        f"import sys, features.feeds; print(sorted(set('{heavy}'.split()) & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert done.stdout.strip() == b"[]"
