"""The usual hour reads the past on a shorter path and gives the same features."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from features import build as builder
from features.rebuild import keys_of, rebuild
from features.views import TRANSACTIONS
from tests.builders import NOON, a_transaction, insert_transactions

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HOUR_KNOWN_AT = NOON + HOUR


@pytest.fixture
def recall_modes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record how each build recalled the customers' past."""
    modes: list[str] = []
    original = builder.run_dbt

    def run_dbt(*arguments: Any) -> Any:
        results: Any = original(*arguments)
        for result in results:
            if result.node.name == "int_customer_transactions_recalled":
                modes.append("by reading" if "settled" in result.node.compiled_code else "newest")
        return results

    # only dbt knows the compiled code, and the product keeps no copy
    monkeypatch.setattr(builder, "run_dbt", run_dbt)
    return modes


def build(db: Any) -> None:
    builder.build("transaction_features", db.settings.warehouse, db.settings.work)


def the_hour(known_at: datetime = HOUR_KNOWN_AT) -> list[dict[str, Any]]:
    """Return two transactions of one customer, a late one, a correction, and a new customer's."""
    return [
        a_transaction(transaction_id="first", occurred_at=NOON, known_at=known_at),
        a_transaction(
            transaction_id="second", occurred_at=NOON + HOUR / 2, known_at=known_at,
            device_id="d-2", merchant_id="m-2",
        ),
        a_transaction(transaction_id="late", occurred_at=NOON - 2 * HOUR, known_at=known_at),
        a_transaction(
            transaction_id="h1", version=2, occurred_at=NOON - DAY, known_at=known_at,
            amount_minor=77_700, merchant_id="m-3",
        ),
        a_transaction(
            transaction_id="new", customer_id="c-other", occurred_at=NOON, known_at=known_at,
        ),
        a_transaction(transaction_id="no device", known_at=known_at, device_id=None),
    ]  # fmt: skip


def history(db: Any) -> None:
    insert_transactions(
        db,
        [
            a_transaction(
                transaction_id=f"h{n}", occurred_at=NOON - n * DAY, amount_minor=1000 + n,
                merchant_id=f"m-{n % 4}",
            )
            for n in range(1, 34)
        ]
        # a later transaction of one customer has the same device
        + [
            a_transaction(
                transaction_id="other", customer_id="c-unrelated", device_id="d-2",
                occurred_at=NOON - 6 * HOUR,
            )
        ],
    )  # fmt: skip
    build(db)


def test_a_rebuild_of_the_newest_delivery_equals_its_features(
    built: Any, recall_modes: list[str]
) -> None:
    history(built)
    insert_transactions(built, the_hour())
    build(built)
    some = built.rows(
        "select transaction_id, version from marts.feat_transactions "
        "where known_at = %s and transaction_id <> 'new'",
        HOUR_KNOWN_AT,
    )
    keys = keys_of(TRANSACTIONS)
    rows = pa.table(dict(zip(keys, zip(*some, strict=True), strict=True)), schema=pa.schema(keys))

    comparison = rebuild(rows, TRANSACTIONS, built.settings.warehouse, built.settings.work)

    # the rebuild of some rows calls dbt directly, in the mode "by reading"
    assert recall_modes[1:] == ["newest"]
    assert (comparison.rows, comparison.changed) == (5, [])


def test_a_row_has_the_same_features_alone_and_among_many(built: Any) -> None:
    history(built)
    insert_transactions(built, the_hour())
    build(built)  # five rows of one customer, device and address: computed by windows
    keys = keys_of(TRANSACTIONS)
    for key in (("first", 1), ("second", 1), ("h1", 2)):  # each alone: computed by pairs
        rows = pa.table(
            dict(zip(keys, [[value] for value in key], strict=True)), schema=pa.schema(keys)
        )
        comparison = rebuild(rows, TRANSACTIONS, built.settings.warehouse, built.settings.work)

        assert (comparison.rows, comparison.changed) == (1, []), key


def test_rows_of_two_deliveries_are_read_as_of_their_own_admission(
    built: Any, recall_modes: list[str]
) -> None:
    history(built)
    insert_transactions(built, the_hour())
    insert_transactions(
        built, [a_transaction(transaction_id="next", known_at=HOUR_KNOWN_AT + HOUR)]
    )

    build(built)

    assert recall_modes[-1] == "by reading"


def test_a_delivery_older_than_another_is_read_as_of_its_own_admission(
    built: Any, recall_modes: list[str]
) -> None:
    history(built)
    insert_transactions(
        built, [a_transaction(transaction_id="ahead", known_at=HOUR_KNOWN_AT + DAY)]
    )
    build(built)
    insert_transactions(built, the_hour())

    build(built)

    assert recall_modes[-1] == "by reading"
