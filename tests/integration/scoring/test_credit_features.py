"""Decisions on transactions reach an application through the merge, never as a feature."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from features.build import build
from features.platform import code_version
from features.platform.storage import object_store
from features.views import APPLICATIONS, TRANSACTIONS
from features.views.digests import feature_digest
from infra.local.postgres import Cluster
from scoring.decision.policy import activations
from scoring.runs.pins import ModelPin, Pins
from tests.builders import (
    NOON,
    a_label,
    a_transaction,
    an_application,
    insert_applications,
    insert_labels,
)
from tests.conftest import Db, a_warehouse
from tests.integration.scoring.conftest import HOUR, MINUTE, POLICY, Bench, a_fraud_model

Features = dict[str, bytes]
Decided = dict[str, str]
Applied = Callable[[Path | None], tuple[Decided, Features]]
CUSTOMERS = 4
DIGEST = feature_digest(APPLICATIONS).as_string()


@pytest.fixture(scope="module")
def another_model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train the promoted model, for which small amounts are fraud."""
    folder = tmp_path_factory.mktemp("another")
    return a_fraud_model(folder, seed=8, is_fraud=lambda amount: amount < 10)


@pytest.fixture
def applied(cluster: Cluster, built_template: str, tmp_path: Path) -> Applied:
    """Decide transactions with one fraud model or none; then their customers apply for loans."""

    def apply(model: Path | None) -> tuple[Decided, Features]:
        with a_warehouse(cluster, built_template, tmp_path) as db:
            bench = _bench(db, model)
            bench.admit(_transactions())
            if model:
                bench.decide()
            insert_labels(db, [a_label("t3", NOON + 2 * HOUR)])
            insert_applications(db, [_application(n) for n in range(CUSTOMERS)])
            build("application_features", db.settings.warehouse, db.settings.work)
            features = db.rows(f"select application_id, {DIGEST} from marts.feat_applications")
            return dict(bench.decisions()), dict(features)

    return apply


def _bench(db: Db, model: Path | None) -> Bench:
    store = object_store(db.settings)
    pins = Pins({}, "", "", TRANSACTIONS.qualified, code_version.pinned("test"), "0" * 64)
    bench = Bench(db, store, pins)
    if model:
        digest = hashlib.sha256(model.read_bytes()).hexdigest()
        pin = ModelPin("fraud_transactions", "1", digest, "", "")
        store.put(pin.object_name, model)
        with bench.connect() as connection:
            policy = activations.activate(
                connection, POLICY, author="ann", approver="ben", reason="test"
            )
        bench.pins = replace(
            pins,
            models={"fraud": asdict(pin)},
            policy_version=policy.version,
            policy_sha256=policy.sha256,
        )
    return bench


def _transactions() -> list[dict[str, Any]]:
    """Return a small and a large transaction per customer within the hour."""
    return [
        a_transaction(
            transaction_id=f"t{n}",
            customer_id=f"c{n // 2}",
            occurred_at=NOON + n * MINUTE,
            known_at=NOON + HOUR,
            amount_minor=20_000 if n % 2 else 100,
        )
        for n in range(2 * CUSTOMERS)
    ]


def _application(number: int) -> dict[str, Any]:
    return an_application(
        application_id=f"a{number}", customer_id=f"c{number}", applied_at=NOON + timedelta(days=1)
    )


def test_a_promotion_of_the_fraud_model_shifts_no_input_of_the_credit_model(
    applied: Applied, model_file: Path, another_model_file: Path
) -> None:
    decided, features = applied(model_file)
    decided_otherwise, after_promotion = applied(another_model_file)
    undecided, without_decisions = applied(None)

    assert len(decided) == 2 * CUSTOMERS
    assert decided != decided_otherwise, "the promotion changed nothing"
    assert undecided == {}
    assert features == after_promotion == without_decisions
    assert len(features) == CUSTOMERS
