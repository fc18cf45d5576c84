"""Features rebuilt from raw equal the stored features bit for bit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyarrow as pa

from features.build import build
from features.rebuild import keys_of, rebuild
from features.views import TRANSACTIONS
from tests.builders import NOON, a_label, a_transaction, insert_labels, insert_transactions

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def built_rows(db: Any) -> None:
    """Build the features of every pending row."""
    build("transaction_features", db.settings.warehouse, db.settings.work)


def all_keys(db: Any) -> pa.Table:
    """Return the keys of every feature row."""
    rows = db.rows("select transaction_id, version from marts.feat_transactions")
    types = keys_of(TRANSACTIONS)
    return pa.table(dict(zip(types, zip(*rows, strict=True), strict=True)), schema=pa.schema(types))


def a_varied_history(db: Any) -> None:
    """Build three times: history, a late row and a label, a correction."""
    insert_transactions(
        db,
        [
            a_transaction(transaction_id=f"h{n}", occurred_at=NOON - n * DAY, amount_minor=1000 + n)
            for n in range(1, 36)
        ],
    )
    built_rows(db)
    insert_labels(db, [a_label("h20", NOON - HOUR)])
    insert_transactions(
        db,
        [
            a_transaction(transaction_id="now"),
            a_transaction(transaction_id="late", occurred_at=NOON - 2 * HOUR, known_at=NOON),
        ],
    )
    built_rows(db)
    later = NOON + HOUR
    insert_transactions(
        db,
        [
            a_transaction(transaction_id="h3", version=2, occurred_at=NOON - 3 * DAY,
                          known_at=later, amount_minor=9_999_900),
            a_transaction(transaction_id="after", occurred_at=later),
        ],
    )  # fmt: skip
    built_rows(db)


def test_rows_rebuilt_long_after_equal_the_stored_rows(built: Any) -> None:
    a_varied_history(built)

    comparison = rebuild(
        all_keys(built), TRANSACTIONS, built.settings.warehouse, built.settings.work
    )

    assert (comparison.rows, comparison.changed) == (39, [])
    assert built.rows("select count(*) from pg_tables where schemaname = 'rebuilt'") == [(0,)]


def test_a_rebuild_names_a_field_changed_by_hand(built: Any) -> None:
    a_varied_history(built)
    with built.superuser() as connection:
        connection.execute(
            "update marts.feat_transactions set customer_transaction_count_24h = 77 "
            "where transaction_id = 'now'"
        )

    comparison = rebuild(
        all_keys(built), TRANSACTIONS, built.settings.warehouse, built.settings.work
    )

    assert [(row.subject_id, row.fields) for row in comparison.changed] == [
        ("now", ("customer_transaction_count_24h",))
    ]
    assert not comparison.holds
