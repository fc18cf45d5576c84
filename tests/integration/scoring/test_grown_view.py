"""A feature view that grows keeps its rows, its decisions and its champion."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from features.views import BUILT_AS, TRANSACTIONS
from features.views.digests import feature_digest
from scoring.domains import SCORE_TRANSACTIONS
from scoring.evidence.replay import Selection
from scoring.evidence.verification import verify
from scoring.runs.pins import ModelPin
from tests.builders import NOON, a_transaction
from tests.integration.scoring.conftest import HOUR, Bench, a_fraud_model

FIRST = TRANSACTIONS.at(1)
ADDED = (BUILT_AS, *TRANSACTIONS.columns[len(FIRST.columns) :])


@pytest.fixture
def older(bench: Bench, tmp_path: Path) -> Bench:
    """The bench with a champion that learnt from the first version of the view."""
    path = a_fraud_model(tmp_path, seed=5, is_fraud=lambda amount: amount > 60, view=FIRST)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    pin = ModelPin("fraud_transactions", "1", digest, "", "")
    bench.store.put(pin.object_name, path)
    pins = replace(bench.pins, models={"fraud": asdict(pin)}, feature_view=FIRST.qualified)
    return replace(bench, pins=pins)


def decided_before_the_upgrade(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Decide an hour as the release of version 1 did, in tables without later columns."""
    bench.admit(
        [a_transaction(transaction_id=f"t{n}", amount_minor=50 + n * 700) for n in range(20)]
    )
    with monkeypatch.context() as patch:
        patch.setattr(
            "scoring.fraud.decider.feature_digest",
            lambda view, row: feature_digest(view.at(1), row),
        )
        bench.decide()
    # those that the upgrade finds built and not yet decided
    bench.admit([a_transaction(transaction_id="waiting", occurred_at=NOON + HOUR)])
    bench.build()
    with bench.db.superuser() as connection:
        for table, columns in LATER.items():
            dropped = (
                sql.SQL("drop column {} cascade").format(sql.Identifier(name)) for name in columns
            )
            connection.execute(
                sql.SQL("alter table {} {}").format(
                    sql.Identifier(*table.split(".")), sql.SQL(", ").join(dropped)
                )
            )


BOOKS = ("customer", "merchant", "card_bin", "device")

#: The columns that a warehouse of version 1 lacks.
LATER = {
    "marts.feat_transactions": ADDED,
    **{f"intermediate.int_{name}_days_booked": ("check_count", "refund_count") for name in BOOKS},
}


def replayed(bench: Bench) -> Any:
    return verify(SCORE_TRANSACTIONS, Selection(), bench.db.settings, bench.store)


def test_decisions_before_and_after_an_upgrade_replay_to_the_same_bits(
    older: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided_before_the_upgrade(older, monkeypatch)
    older.pins = replace(older.pins, feature_view=TRANSACTIONS.qualified)
    older.decide(NOON + HOUR)
    older.admit([a_transaction(transaction_id="new", occurred_at=NOON + 2 * HOUR)])
    older.decide(NOON + 2 * HOUR)

    done = replayed(older)

    assert done.replay.differences == []
    assert (done.replay.decisions, done.replay.runs) == (22, 3)
    assert done.rebuild is not None
    assert (done.rebuild.rows, list(done.rebuild.changed)) == (22, [])
    assert older.db.rows(
        f"select {BUILT_AS}, count(*) from marts.feat_transactions group by 1 order by 1"
    ) == [(2, 1), (None, 21)]
    assert older.open_equations() == []
