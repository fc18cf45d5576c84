"""The serving tables give analysts the promised columns with the promised meaning."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from features.build import build
from tests.builders import NOON, a_label, a_transaction, insert_labels, insert_transactions

PROMISED = (
    "transaction_id", "customer_id", "occurred_at", "decision", "is_fraud", "fraud_probability",
    "anomaly_score", "customer_transaction_count_3h", "customer_transaction_count_6h",
    "customer_transaction_count_12h", "customer_transaction_count_24h",
    "customer_avg_amount_3h", "customer_avg_amount_6h", "customer_avg_amount_12h",
    "customer_avg_amount_24h", "reasons", "rule_hits", "is_degraded", "model_version",
    "policy_version", "run_id", "decided_at", "processing_time_ms",
)  # fmt: skip


@pytest.fixture
def decided(built: Any) -> Any:
    """Decide two transactions of one customer.

    The second is approved, then declined by a restatement.
    """
    insert_transactions(
        built,
        [
            a_transaction(
                transaction_id="first", occurred_at=NOON - timedelta(hours=1), amount_minor=3000
            ),
            a_transaction(transaction_id="second"),
        ],
    )
    build("transaction_features", built.settings.warehouse, built.settings.work)
    with built.superuser() as connection:
        for revision, decision in enumerate(("approve", "decline")):
            connection.execute(
                "insert into decisions.transaction_decisions values ('second', %s,"
                " gen_random_uuid(), 1, 'c1', %s, %s, 'ok', 0.5, 'ok', 0.5, false,"
                " '[{\"code\": \"x\"}]', '{}', 'transactions@1', decode(repeat('00', 32), 'hex'),"
                " '1', '1', now(), 0.1)",
                (revision, NOON, decision),
            )
    return built


def test_the_latest_decision_has_every_promised_column(decided: Any) -> None:
    with decided.connect("analyst") as connection:
        cursor = connection.execute("select * from serving.latest_transaction_decisions")
        names = [column.name for column in cursor.description or ()]

    assert set(PROMISED) <= set(names)


def test_the_latest_decision_is_the_newest_revision(decided: Any) -> None:
    assert decided.rows(
        "select decision_id, decision, is_fraud from serving.latest_transaction_decisions"
    ) == [("transactions/second/1", "decline", True)]


def test_windows_shown_to_callers_include_the_row_itself(decided: Any) -> None:
    assert decided.rows(
        "select customer_transaction_count_3h, customer_avg_amount_3h"
        " from serving.latest_transaction_decisions"
    ) == [(2, 20.0)]


def test_a_decision_is_unlabelled_until_its_label_is_known(decided: Any) -> None:
    query = "select label_is_fraud, label_provenance from serving.labelled_decisions"

    assert decided.rows(query) == [(None, None)]

    insert_labels(decided, [a_label("other", NOON + timedelta(days=8), is_fraud=False)])
    assert decided.rows(query) == [(False, "matured_silence")]

    insert_labels(decided, [a_label("second", NOON + timedelta(days=9))])
    assert decided.rows(query) == [(True, "chargeback")]


def test_runs_are_served_with_their_pins(built: Any) -> None:
    assert built.rows("select run_id, models, rows_published from serving.decision_runs") == []
