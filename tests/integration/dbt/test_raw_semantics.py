"""Features depend only on the raw tables: not on the future or on the schedule of builds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from features.build import build, install
from tests.builders import NOON, a_label, a_transaction, insert_labels, insert_transactions

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FEATURES = (
    "select to_jsonb(f) - 'delivery_seq' from marts.feat_transactions f"
    " order by transaction_id, version"
)


def built_features(db: Any) -> list[dict[str, Any]]:
    """Build the pending rows and return every feature row."""
    build("transaction_features", db.settings.warehouse, db.settings.work)
    return [row for (row,) in db.rows(FEATURES)]


def a_month(customer: str) -> list[dict[str, Any]]:
    """Return a row every seven hours over 40 days, two of them at one instant."""
    rows = [
        a_transaction(
            transaction_id=f"{customer}-{number}",
            customer_id=customer,
            occurred_at=NOON - 40 * DAY + number * 7 * HOUR,
            amount_minor=1000 + 137 * number % 900,
            merchant_id=f"m{number % 5}",
        )
        for number in range(137)
    ]
    return [*rows, rows[-1] | {"transaction_id": f"{customer}-twin"}]


def test_later_rows_do_not_change_features(built: Any) -> None:
    insert_transactions(built, a_month("c1"))
    before = built_features(built)

    insert_transactions(
        built,
        [
            row | {"transaction_id": f"poison-{n}", "amount_minor": 10**9, "known_at": NOON + DAY}
            for n, row in enumerate(a_month("c1"))
        ],
    )
    insert_labels(built, [a_label("c1-3", NOON + 2 * DAY)])
    after = [row for row in built_features(built) if not row["transaction_id"].startswith("poison")]

    assert after == before


def test_one_build_and_many_give_the_same_features(built: Any, migrated: Any) -> None:
    install(migrated.settings.warehouse, migrated.settings.work)
    rows = a_month("c1")
    known = [row | {"known_at": NOON + n // 46 * HOUR} for n, row in enumerate(rows)]
    for part in (known[:46], known[46:92], known[92:]):
        insert_transactions(built, part)
        built_features(built)
        insert_transactions(migrated, part)

    assert built_features(migrated) == built_features(built)


def test_a_correction_gets_features_of_its_own(built: Any) -> None:
    first = a_transaction(transaction_id="t", occurred_at=NOON)
    later = a_transaction(transaction_id="u", occurred_at=NOON + HOUR, known_at=NOON + 2 * HOUR)
    insert_transactions(built, [first, later])
    built_features(built)

    insert_transactions(
        built, [first | {"version": 2, "amount_base_minor": 500, "known_at": NOON + 3 * HOUR}]
    )
    insert_transactions(
        built, [later | {"version": 2, "amount_base_minor": 700, "known_at": NOON + 4 * HOUR}]
    )
    built_features(built)

    assert built.rows(
        "select transaction_id, version, amount, customer_transaction_count_3h,"
        " customer_amount_sum_3h"
        " from marts.feat_transactions order by 1, 2"
    ) == [
        ("t", 1, 10.0, 0, None),
        ("t", 2, 5.0, 0, None),
        ("u", 1, 10.0, 1, 10.0),
        ("u", 2, 7.0, 1, 5.0),
    ]
