"""Every past decision replays bit for bit, and a failed replay names the point of divergence."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
import skops.io

from features.platform.errors import ConfigurationError
from features.platform.settings import Settings
from features.views import TRANSACTIONS
from infra.local.postgres import Cluster, binaries
from infra.postgres import warehouse as bootstrap
from scoring.commands.explain import text_of
from scoring.commands.replay import Verification, verify
from scoring.decision.policy import policy
from scoring.domains import SCORE_TRANSACTIONS
from scoring.evidence.divergence import Divergence
from scoring.evidence.explain import explain
from scoring.evidence.replay import Selection
from scoring.fraud.model import FraudModel
from scoring.runs.pins import ModelPin
from tests.builders import NOON, a_transaction
from tests.conftest import Db, _settings
from tests.integration.scoring.conftest import HOUR, Bench
from tests.integration.scoring.copies import a_copy, decided_once

EVERYTHING = Selection()


def replayed(bench: Bench, selection: Selection = EVERYTHING, **options: Any) -> Verification:
    """Replay on the bench's warehouse."""
    options = {"with_features": False} | options
    return verify(SCORE_TRANSACTIONS, selection, bench.db.settings, bench.store, **options)


def an_hour(rows: int) -> list[dict[str, Any]]:
    """Return the rows of an hour in which amounts range from small to clearly fraudulent."""
    return [
        a_transaction(
            transaction_id=f"t{number}",
            occurred_at=NOON + number * (HOUR / 100),
            customer_id=f"c{number % 3}",
            amount_minor=50 + number * 700,
        )
        for number in range(rows)
    ]


@pytest.fixture(scope="module")
def standing(
    cluster: Cluster,
    built_template: str,
    model_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Bench]:
    """A warehouse with an hour of forty decisions, which each test copies."""
    folder = tmp_path_factory.mktemp("standing")
    with decided_once(cluster, built_template, folder, model_file, an_hour(40)) as bench:
        yield bench


@pytest.fixture
def decided(standing: Bench, cluster: Cluster, tmp_path: Path) -> Iterator[Bench]:
    """A copy of the warehouse with an hour of decisions."""
    with a_copy(cluster, standing, tmp_path) as bench:
        yield bench


def another_model(bench: Bench, folder: Path) -> ModelPin:
    """Train a model on other rows and put it into the store."""
    generator = np.random.default_rng(8)
    matrix = generator.gamma(2.0, 1.0, (2_000, len(TRANSACTIONS.columns)))
    model = FraudModel(
        list(TRANSACTIONS.columns),
        [feature.name for feature in TRANSACTIONS.label_free],
        max_iter=10,
        anomaly_trees=10,
    )
    amount = matrix[:, TRANSACTIONS.columns.index("amount")]
    model.fit(matrix, generator.random(2_000) < amount / 20)
    path = folder / "other.skops"
    skops.io.dump(model, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    pin = ModelPin("fraud_transactions", "2", digest, "", "")
    bench.store.put(pin.object_name, path)
    return pin


def test_every_decision_and_its_features_replay_to_the_same_bits(decided: Bench) -> None:
    done = replayed(decided, with_features=True)

    assert done.holds
    assert (done.replay.decisions, done.replay.runs) == (40, 1)
    assert done.rebuild is not None
    assert done.rebuild.rows == 40
    assert {row[0] for row in decided.decisions("decision")} > {"approve"}
    assert decided.db.rows(
        "select detail ->> 'holds', detail ->> 'decisions' from audit.events "
        "where event = 'decisions_replayed'"
    ) == [("true", "40")]


def test_one_row_alone_replays_as_among_others(decided: Bench) -> None:
    for number in (0, 17, 39):
        assert replayed(decided, Selection(ids=(f"transactions/t{number}/0",))).holds


def test_old_decisions_replay_after_a_promotion_and_a_restatement(
    decided: Bench, tmp_path: Path
) -> None:
    decided.pins = replace(decided.pins, models={"fraud": asdict(another_model(decided, tmp_path))})
    decided.admit([a_transaction(transaction_id="next", occurred_at=NOON + HOUR)])
    decided.decide(NOON + HOUR)
    decided.decide(
        kind="restate", requested_by="ann", reason="new model", restated_ids=("t3", "t30")
    )

    done = replayed(decided)

    assert done.holds
    assert (done.replay.decisions, done.replay.runs) == (43, 3)


def test_old_decisions_replay_after_the_policy_has_changed(
    decided: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in policy.FOLDER.glob("*.yaml"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    text = (tmp_path / "2026.11.1.yaml").read_text()
    newer = text.replace('"2026.11.1"', '"2026.11.2"').replace("review: 0.20", "review: 0.01")
    (tmp_path / "2026.11.2.yaml").write_text(newer)
    # the policies of a later day: those of the project are part of the code and stay unchanged
    monkeypatch.setattr(policy, "load", partial(policy.load, folder=tmp_path))
    pinned = policy.load("2026.11.2")
    decided.pins = replace(decided.pins, policy_version=pinned.version, policy_sha256=pinned.sha256)
    decided.decide(kind="restate", requested_by="ann", reason="policy", restated_ids=("t1", "t2"))

    assert replayed(decided).holds

    (tmp_path / "2026.11.1.yaml").write_text(text + "\n# edited after the fact\n")
    altered = replayed(decided)
    assert [
        (difference.divergence, difference.fields) for difference in altered.replay.differences
    ] == [(Divergence.POLICY, ("pin",))]
    assert altered.replay.differing == 40


def test_degraded_decisions_replay_with_their_failure(bench: Bench) -> None:
    without = {"name": "fraud_transactions", "version": "none", "sha256": ""}
    bench.pins = replace(bench.pins, models={"fraud": without})
    bench.admit(an_hour(15))  # the gate stops a larger run without scores
    bench.decide()

    done = replayed(bench)

    assert done.holds
    assert done.replay.degraded == 15


def test_an_altered_feature_row_is_named_as_data(decided: Bench) -> None:
    with decided.db.superuser() as connection:
        connection.execute(
            "update marts.feat_transactions set amount = amount + 0.01 where transaction_id = 't7'"
        )

    done = replayed(decided, with_features=True)

    assert [
        (difference.decision_id, difference.divergence) for difference in done.replay.differences
    ] == [("transactions/t7/0", Divergence.DATA)]
    assert done.replay.differing == 1
    assert not done.holds


def test_an_altered_model_file_is_named_as_model(decided: Bench) -> None:
    pin = ModelPin.of(decided.pins.models["fraud"])
    stored = Path(decided.db.settings.objects.url.removeprefix("file://")) / pin.object_name
    content = bytearray(stored.read_bytes())
    content[len(content) // 2] ^= 1
    stored.write_bytes(content)
    for cached in decided.db.settings.work.rglob("*.skops"):
        cached.unlink()

    done = replayed(decided)

    assert [difference.divergence for difference in done.replay.differences] == [Divergence.MODEL]
    assert done.replay.differing == 40


@pytest.mark.parametrize(
    ("change", "divergence", "fields"),
    [
        ("decision = 'decline'", Divergence.POLICY, ("decision",)),
        ("fraud_probability = fraud_probability + 1e-16", Divergence.ENVIRONMENT,
         ("fraud_probability",)),
    ],
)  # fmt: skip
def test_the_last_bit_and_the_outcome_are_both_compared(
    decided: Bench, change: str, divergence: Divergence, fields: tuple[str, ...]
) -> None:
    with decided.db.superuser() as connection:
        connection.execute(
            f"update decisions.transaction_decisions set {change}, "
            "reasons = '[{\"code\": \"altered\"}]' where transaction_id = 't1'"
        )

    done = replayed(decided)

    assert [difference.divergence for difference in done.replay.differences] == [divergence]
    assert done.replay.differences[0].fields[0] == fields[0]


def test_a_sample_is_random_by_its_seed_and_repeatable(decided: Bench) -> None:
    assert replayed(decided, Selection(sample=5)).replay.decisions == 5
    assert replayed(decided, Selection(window=(NOON, NOON + HOUR / 100))).replay.decisions == 1


def test_an_id_without_a_decision_is_refused_by_name(bench: Bench) -> None:
    with pytest.raises(ConfigurationError, match="'nobody'"):
        replayed(bench, Selection(ids=("nobody",)))


def test_old_decisions_replay_from_a_restored_dump(decided: Bench, tmp_path: Path) -> None:
    db, dump = decided.db, tmp_path / "warehouse.dump"
    restored = f"{db.settings.warehouse.database}_restored"
    tools = binaries()
    admin = db.cluster.conninfo()
    bootstrap.create_database(admin, restored, "owner")
    try:
        source = db.cluster.conninfo(db.settings.warehouse.database)
        target = db.cluster.conninfo(restored)
        environment = os.environ | {"PGOPTIONS": ""}
        for command in (
            [tools / "pg_dump", "--format=custom", f"--file={dump}", source],
            [tools / "pg_restore", f"--dbname={target}", dump],
        ):
            subprocess.run(command, check=True, capture_output=True, env=environment)
        settings: Settings = _settings(db.cluster, restored, tmp_path)
        restored_bench = Bench(Db(db.cluster, settings), decided.store, decided.pins)

        done = replayed(restored_bench, with_features=True)

        assert done.holds
        assert done.replay.decisions == 40
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f'drop database "{restored}" with (force)'.encode())


def test_an_explanation_contains_the_decision_and_its_basis(decided: Bench) -> None:
    decided.decide(kind="restate", requested_by="ann", reason="again", restated_ids=("t39",))

    explanation = explain(SCORE_TRANSACTIONS, "t39", decided.db.settings, decided.store)
    text = text_of(explanation)

    assert explanation.decision["revision"] == 1
    assert explanation.subject_rows == 13
    assert explanation.features[0].name == "amount"
    assert explanation.features[0].subject_median < explanation.features[0].value
    for word in ("DECLINE", "Reasons", "version 1", "2026.11.1", "approved by ben", "Revisions"):
        assert word in text
    first = explain(SCORE_TRANSACTIONS, "transactions/t39/0", decided.db.settings, decided.store)
    assert first.decision["revision"] == 0


def test_an_approval_is_explained_on_demand(decided: Bench) -> None:
    explanation = explain(SCORE_TRANSACTIONS, "t0", decided.db.settings, decided.store)

    assert explanation.decision["decision"] == "approve"
    assert all(feature.contribution is not None for feature in explanation.features)
    assert "No reasons" in text_of(explanation)
