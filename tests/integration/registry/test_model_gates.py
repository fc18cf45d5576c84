"""A challenger is compared with the champion on weeks that neither of them has seen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import numpy as np
import psycopg
import pytest
from mlflow import MlflowClient

from features.build import build
from features.platform import database
from features.platform.errors import ConfigurationError, FencedError
from features.platform.settings import Registry, Settings
from infra.local.postgres import Cluster
from scoring.fraud import train
from scoring.fraud.job import JOB
from scoring.models import gate_plan, registry
from scoring.models.training import TrainReceipt
from scoring.promotion import gate, gate_records
from scoring.promotion.gate import GateReceipt
from scoring.promotion.gate_records import Gate
from scoring.runs.pins import ModelPin
from scoring.runs.training_order import TrainingOrder
from tests.builders import NOON, a_label, a_transaction, insert_labels, insert_transactions
from tests.conftest import Db, a_warehouse
from tests.mlflow_server import mlflow_server

ROWS, DAYS = 4_400, 66
MATURITY = timedelta(days=7)
KNOWN = NOON + timedelta(days=36)  # of both trainings; four weeks mature after it
MODEL = JOB.slot.name


@dataclass(frozen=True)
class Gated:
    """Hold a champion, a challenger under test, a later training, and the first gate."""

    settings: Settings
    champion: TrainReceipt
    challenger: TrainReceipt
    scheduled: TrainReceipt
    receipt: GateReceipt
    client: MlflowClient

    @property
    def pin(self) -> ModelPin:
        """The challenger's version."""
        return registry.resolve(MODEL, "challenger", self.settings)

    def gates(self) -> list[Gate]:
        """Return all gates of the challenger."""
        with database.connect(self.settings.warehouse, "score") as connection:
            return gate_records.of_challenger(connection, self.pin)


@pytest.fixture(scope="module")
def tested(
    cluster: Cluster, built_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gated]:
    """Train two models on the knowledge of five weeks, and gate on four later ones."""
    folder = tmp_path_factory.mktemp("gated")
    with (
        mlflow_server(folder / "registry") as address,
        a_warehouse(cluster, built_template, folder) as built,
    ):
        _fill(built)
        settings = built.settings.model_copy(
            update={"registry": Registry(tracking_uri=address, timeout_seconds=10)}
        )
        champion = train.train(TrainingOrder(as_of=KNOWN), settings)
        ordered = TrainingOrder(as_of=KNOWN, drop=("is_weekend", "is_night"), trainer="ann")
        challenger = train.train(ordered, settings)
        scheduled = train.train(TrainingOrder(as_of=KNOWN), settings)
        receipt = gate.run(JOB, settings, "bo")
        yield Gated(settings, champion, challenger, scheduled, receipt, MlflowClient(address))


def _fill(built: Db) -> None:
    draw = np.random.default_rng(23)
    moments = np.sort(draw.integers(0, DAYS * 86_400, ROWS))
    amounts = draw.gamma(2, 2_000, ROWS).astype(int) + 1
    insert_transactions(
        built,
        [
            a_transaction(
                transaction_id=f"g{number:05}",
                customer_id=f"c{draw.integers(0, 120)}",
                merchant_id=f"m{draw.integers(0, 30)}",
                occurred_at=NOON + timedelta(seconds=int(second)),
                amount_minor=int(amount),
                channel=("shop", "web", None)[number % 3],
            )
            for number, (second, amount) in enumerate(zip(moments, amounts, strict=True))
        ],
    )
    frauds = np.flatnonzero((amounts > 7_000) & (draw.random(ROWS) < 0.8))
    insert_labels(
        built,
        [a_label(f"g{n:05}", NOON + timedelta(seconds=int(moments[n]), days=2)) for n in frauds],
    )
    build("transaction_features", built.settings.warehouse, built.settings.work)


def test_the_schedule_leaves_a_challenger_under_test_alone(tested: Gated) -> None:
    assert (tested.champion.alias, tested.challenger.alias) == ("champion", "challenger")
    assert tested.scheduled.alias == ""
    assert tested.pin.version == tested.challenger.version


def test_both_models_score_whole_weeks_that_neither_has_learnt_from(tested: Gated) -> None:
    (done,) = tested.gates()

    assert tested.receipt.status == "gated"
    assert done.weeks == 4
    assert done.window_end - done.window_start == timedelta(days=28)
    assert done.window_start > KNOWN - MATURITY
    assert done.window_end <= done.label_as_of - MATURITY
    assert (done.champion_version, done.challenger_version) == (
        tested.champion.version,
        tested.challenger.version,
    )
    with psycopg.connect(tested.settings.warehouse.conninfo("score")) as connection:
        counted = connection.execute(
            "select count(*), count(distinct customer_id) from marts.feat_transactions"
            " where occurred_at >= %s and occurred_at < %s",
            (done.window_start, done.window_end),
        ).fetchone()
    assert (done.rows, done.customers) == counted
    assert done.events >= 100
    assert done.requested_by == "bo"


def test_the_verdict_carries_every_check_of_the_plan(tested: Gated) -> None:
    (done,) = tested.gates()
    plan = gate_plan.load(MODEL)

    assert plan is not None
    assert done.plan_sha256 == plan.sha256
    by_name = {test["name"]: test for test in done.tests["tests"]}
    assert {"auc", "score_stability", "reason_stability", "latency"} <= set(by_name)
    assert {"segment channel=shop", "segment channel=(none)"} <= set(by_name)
    assert by_name["reason_stability"]["estimate"] is not None
    assert by_name["latency"]["estimate"] > 0
    assert tested.receipt.passed == plan.promotes(done.verdict)


def test_the_version_in_the_registry_shows_the_verdict_and_the_card(tested: Gated) -> None:
    (done,) = tested.gates()
    version = tested.client.get_model_version(MODEL, tested.challenger.version)

    assert version.tags["gate.verdict"] == done.verdict
    assert version.tags["gate.sha256"] == done.verdict_sha256 == tested.receipt.verdict_sha256
    assert version.tags["gate.plan_sha256"] == done.plan_sha256
    before, _, section = version.description.partition("## Gate\n")
    assert "Data: `transactions@2`" in before
    assert section.strip() == tested.receipt.table.strip()
    picture = tested.client.download_artifacts(version.run_id, "gate.png")
    assert Path(picture).read_bytes().startswith(b"\x89PNG")
    page = tested.client.download_artifacts(version.run_id, "gate.md")
    assert Path(page).read_text() == tested.receipt.table


def test_weeks_are_used_once(tested: Gated) -> None:
    (done,) = tested.gates()

    again = gate.run(JOB, tested.settings, "bo")

    assert [each.gate_id for each in tested.gates()] == [done.gate_id]
    if done.verdict == "worse" or again.passed:
        assert again.status == "gated"
    else:
        assert again.status == "waits"
        assert again.ready_at > done.window_end.isoformat()
    assert again.verdict_sha256 == done.verdict_sha256
    with database.connect(tested.settings.warehouse, "score") as connection:
        same = replace(done, gate_id=uuid4())  # a second gate that ran at the same time
        with pytest.raises(FencedError, match="another gate"):
            gate_records.insert(connection, same)
        overlapping = replace(
            same, used_until=done.window_end, window_end=done.window_end + timedelta(days=7)
        )
        with pytest.raises(Exception, match="CheckViolation"):
            gate_records.insert(connection, overlapping)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("update audit.model_gates set verdict = 'better'")


def test_a_verdict_that_the_registry_lost_is_written_again(tested: Gated) -> None:
    tested.client.delete_model_version_tag(MODEL, tested.challenger.version, "gate.sha256")

    gate.run(JOB, tested.settings, "bo")

    version = tested.client.get_model_version(MODEL, tested.challenger.version)
    assert version.tags["gate.sha256"] == tested.receipt.verdict_sha256
    assert version.description.count("## Gate\n") == 1


def test_a_version_that_was_not_trained_here_is_refused(tested: Gated) -> None:
    before = tested.client.get_model_version(MODEL, tested.challenger.version)
    foreign = tested.client.create_model_version(
        MODEL,
        before.source,
        run_id=before.run_id,
        tags=before.tags | {"model_sha256": "e" * 64},
        model_id=before.source.rpartition("/")[2],
    )
    tested.client.set_registered_model_alias(MODEL, "challenger", foreign.version)
    try:
        with pytest.raises(ConfigurationError, match="was not trained on this warehouse"):
            gate.run(JOB, tested.settings, "bo")
    finally:
        tested.client.set_registered_model_alias(MODEL, "challenger", before.version)


def test_a_challenger_of_another_feature_view_is_refused(tested: Gated) -> None:
    other = replace(JOB, view=replace(JOB.view, name="payments"))

    with pytest.raises(ConfigurationError, match="no row holds the columns of both models"):
        gate.run(other, tested.settings, "bo")


def test_a_gate_without_a_challenger_says_so(tested: Gated) -> None:
    version = tested.challenger.version
    tested.client.delete_registered_model_alias(MODEL, "challenger")
    try:
        receipt = gate.run(JOB, tested.settings, "bo")
    finally:
        tested.client.set_registered_model_alias(MODEL, "challenger", version)

    assert receipt.status == "no challenger"
    assert json.dumps(receipt.as_dict())
