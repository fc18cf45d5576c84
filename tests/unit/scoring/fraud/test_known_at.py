"""The count of labels and the training set leave out the same later knowledge."""

from __future__ import annotations

from datetime import UTC, datetime

from psycopg import sql

from features.views import TRANSACTIONS
from scoring.fraud.training_set import known_at

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def test_labels_and_corrections_of_later_are_left_out() -> None:
    parts = {name: part.as_string(None) for name, part in known_at(TRANSACTIONS, MOMENT).items()}

    moment = sql.Literal(MOMENT).as_string(None)
    assert parts["table"] == '"marts"."feat_transactions"'
    assert f"where known_at <= {moment}" in parts["known_labels"]
    assert f"newer.known_at <= {moment}" in parts["is_newest"]
