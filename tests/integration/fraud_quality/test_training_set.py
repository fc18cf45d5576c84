"""The training set holds rows whose label had matured, with the label known at that moment."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from features.build import build
from features.views import TRANSACTIONS
from scoring.fraud import labels_at_hand, training_set
from scoring.fraud.rows import TrainingSet
from tests.builders import NOON, a_label, a_transaction, insert_labels, insert_transactions
from tests.conftest import Db

DAY = timedelta(days=1)
MATURITY = 7 * DAY
AS_OF = NOON + 30 * DAY


def rows_known_at(db: Db, as_of: datetime) -> TrainingSet:
    """Build the pending rows and read every row that had matured."""
    variables = {"label_maturity_days": 7}
    build("transaction_features", db.settings.warehouse, db.settings.work, variables)
    with db.connect("score") as connection:
        return training_set.read(
            connection, TRANSACTIONS, start=NOON - DAY, end=as_of - MATURITY, as_of=as_of
        )


def test_a_row_without_a_label_at_maturity_is_good(built: Db) -> None:
    insert_transactions(built, [a_transaction(), a_transaction(transaction_id="bad")])
    insert_labels(built, [a_label("bad", NOON + 2 * DAY)])

    rows = rows_known_at(built, AS_OF)

    assert sorted(rows.is_fraud.tolist()) == [False, True]


def test_a_young_row_is_left_out_even_if_its_fraud_is_known(built: Db) -> None:
    young = AS_OF - 2 * DAY
    insert_transactions(
        built, [a_transaction(), a_transaction(transaction_id="bad", occurred_at=young)]
    )
    insert_labels(built, [a_label("bad", young + timedelta(hours=1))])

    assert rows_known_at(built, AS_OF).is_fraud.tolist() == [False]


def test_the_newest_label_known_by_then_wins(built: Db) -> None:
    insert_transactions(built, [a_transaction(transaction_id="bad")])
    insert_labels(built, [a_label("bad", NOON + 2 * DAY)])
    insert_labels(built, [a_label("bad", NOON + 20 * DAY, version=2, is_fraud=False)])

    assert rows_known_at(built, NOON + 19 * DAY).is_fraud.tolist() == [True]
    assert rows_known_at(built, NOON + 21 * DAY).is_fraud.tolist() == [False]


def test_a_fraud_reported_after_maturity_is_not_known_before(built: Db) -> None:
    insert_transactions(built, [a_transaction(transaction_id="bad")])
    insert_labels(built, [a_label("bad", NOON + 20 * DAY)])

    assert rows_known_at(built, NOON + 10 * DAY).is_fraud.tolist() == [False]
    assert rows_known_at(built, NOON + 21 * DAY).is_fraud.tolist() == [True]


def test_a_corrected_row_counts_once_with_the_version_known_by_then(built: Db) -> None:
    insert_transactions(built, [a_transaction(transaction_id="t", amount_minor=100)])
    insert_transactions(
        built,
        [a_transaction(transaction_id="t", version=2, amount_minor=900, known_at=NOON + 12 * DAY)],
    )

    amount = TRANSACTIONS.columns.index("amount")

    assert rows_known_at(built, NOON + 11 * DAY).matrix[:, amount].tolist() == [1.0]
    assert rows_known_at(built, NOON + 13 * DAY).matrix[:, amount].tolist() == [9.0]


def test_unknown_is_nan_and_flags_are_numbers(built: Db) -> None:
    insert_transactions(built, [a_transaction(location_code=None)])

    rows = rows_known_at(built, AS_OF)
    values = dict(zip(rows.features, rows.matrix[0], strict=True))

    assert np.isnan(values["customer_seconds_since_previous"])
    assert values["is_weekend"] == 0.0


def test_rows_are_in_order_of_time_and_equal_data_has_an_equal_digest(built: Db) -> None:
    insert_transactions(
        built,
        [
            a_transaction(occurred_at=NOON + hours * timedelta(hours=1), customer_id=f"c{hours}")
            for hours in (5, 1, 3)
        ],
    )

    first, second = rows_known_at(built, AS_OF), rows_known_at(built, AS_OF)

    assert (np.diff(first.occurred_us) > 0).all()
    assert first.digest == second.digest
    assert first.digest != first.take(slice(0, 2)).digest


def test_knowledge_ends_with_the_data_unless_each_of_the_newest_rows_states_its_label(
    built: Db,
) -> None:
    insert_transactions(built, [a_transaction(transaction_id="old")])
    insert_transactions(built, [a_transaction(transaction_id="new", occurred_at=NOON + 9 * DAY)])
    insert_labels(built, [a_label("old", NOON + DAY)])
    rows_known_at(built, AS_OF)
    years_later = NOON + 3_000 * DAY

    def newest_knowledge() -> datetime:
        with built.connect("score") as connection:
            return labels_at_hand.newest_knowledge(connection, TRANSACTIONS, MATURITY, years_later)

    assert newest_knowledge() == NOON + 9 * DAY  # frauds of the last week may be unreported
    insert_labels(built, [a_label("new", NOON + 10 * DAY, is_fraud=False)])
    end = newest_knowledge()
    assert end == NOON + 16 * DAY + timedelta(microseconds=1)

    with built.connect("score") as connection:
        at_hand = labels_at_hand.count(connection, TRANSACTIONS, MATURITY, end)
        earlier = labels_at_hand.count(connection, TRANSACTIONS, MATURITY, NOON + 9 * DAY)

    assert (at_hand.rows.tolist(), at_hand.frauds.tolist()) == ([1, 1], [1, 0])
    assert (earlier.rows.tolist(), earlier.young.tolist()) == ([1, 0], [0, 1])
    assert earlier.newest == NOON + 9 * DAY


def test_columns_that_a_source_does_not_fill_are_left_out() -> None:
    matrix = np.array([[1.0, 2.0, np.nan, 0.0], [1.0, 3.0, np.nan, np.nan]])
    rows = TrainingSet(
        ("constant", "varies", "unknown", "known for some"),
        matrix,
        np.zeros(2, dtype=bool),
        np.arange(2),
        np.arange(2),
    )

    assert rows.varying() == ("varies", "known for some")
