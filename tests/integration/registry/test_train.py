"""Train on a built warehouse into a real registry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import psycopg
import pytest
from mlflow import MlflowClient

from features.build import build
from features.platform import database
from features.platform.errors import ModelUnavailableError, TooFewLabelsError
from features.platform.settings import Registry, Settings
from infra.local.postgres import Cluster
from scoring.commands import sessions
from scoring.commands.models import export, inventory
from scoring.domains import JOBS
from scoring.fraud import train
from scoring.fraud.job import JOB
from scoring.models import registry
from scoring.runs.training_order import TrainingOrder
from tests.builders import NOON, a_label, a_transaction, insert_labels, insert_transactions
from tests.conftest import Db, a_warehouse

AS_OF = NOON + timedelta(days=60)
ROWS = 2_500


@pytest.fixture(scope="module")
def settings(
    cluster: Cluster,
    built_template: str,
    registry_settings: Settings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Settings]:
    """Build a warehouse of 2,500 transactions over five weeks, with fraud in large amounts."""
    with a_warehouse(cluster, built_template, tmp_path_factory.mktemp("portfolio")) as built:
        _fill(built)
        yield built.settings.model_copy(update={"registry": registry_settings.registry})


def _fill(built: Db) -> None:
    draw = np.random.default_rng(11)
    moments = np.sort(draw.integers(0, 35 * 86_400, ROWS))
    amounts = draw.gamma(2, 2_000, ROWS).astype(int) + 1
    insert_transactions(
        built,
        [
            a_transaction(
                transaction_id=f"p{number:05}",
                customer_id=f"c{draw.integers(0, 80)}",
                merchant_id=f"m{draw.integers(0, 30)}",
                occurred_at=NOON + timedelta(seconds=int(second)),
                amount_minor=int(amount),
            )
            for number, (second, amount) in enumerate(zip(moments, amounts, strict=True))
        ],
    )
    frauds = np.flatnonzero((amounts > 8_000) & (draw.random(ROWS) < 0.9))
    insert_labels(
        built,
        [a_label(f"p{n:05}", NOON + timedelta(seconds=int(moments[n]), days=2)) for n in frauds],
    )
    build("transaction_features", built.settings.warehouse, built.settings.work)


def test_the_first_model_is_champion_and_the_next_one_challenger(
    settings: Settings, address: str
) -> None:
    first = train.train(TrainingOrder(as_of=AS_OF), settings)
    second = train.train(TrainingOrder(as_of=AS_OF), settings)

    assert (first.alias, second.alias) == ("champion", "challenger")
    assert first.metrics == second.metrics
    assert first.sha256 == second.sha256  # the same data, code and threads give the same file
    assert registry.resolve(JOB.model.name, "champion", settings).version == first.version
    version = MlflowClient(address).get_model_version(JOB.model.name, first.version)
    assert version.tags["feature_view"] == "transactions@2"
    assert len(version.tags["data_sha256"]) == 64
    assert first.metrics["auc_roc"] > 0.9
    run = MlflowClient(address).get_run(version.run_id)
    assert {item.path for item in MlflowClient(address).list_artifacts(run.info.run_id)} == {
        "roc.png",
        "precision_recall.png",
        "calibration.png",
        "card_precision.png",
        "model_card.md",
    }


def test_every_training_is_recorded_for_good(settings: Settings) -> None:
    order = TrainingOrder(as_of=AS_OF, drop=("is_night",), trainer="ann")

    receipt = train.train(order, settings)

    with database.connect(settings.warehouse, "score") as connection:
        row = connection.execute(
            "select job, sha256, trainer, feature_view, training_end < label_as_of, alias,"
            " metrics ->> 'auc_roc' from audit.challengers where version = %s",
            (receipt.version,),
        ).fetchone()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("update audit.challengers set trainer = 'eve'")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("insert into audit.challengers (trained_at) values (now())")
    auc = str(receipt.metrics["auc_roc"])
    assert row == (JOB.name, receipt.sha256, "ann", "transactions@2", True, "challenger", auc)


def test_a_training_without_a_moment_takes_the_newest_knowledge_at_hand(
    settings: Settings,
) -> None:
    receipt = train.train(TrainingOrder(), settings)

    last_label = datetime.fromisoformat(receipt.as_of)
    assert NOON + timedelta(days=34) < last_label < NOON + timedelta(days=40)  # and not today


def test_the_description_says_why_columns_are_left_out_and_the_order_decides(
    settings: Settings, address: str
) -> None:
    receipt = train.train(TrainingOrder(as_of=AS_OF, drop=("is_weekend",)), settings)

    version = MlflowClient(address).get_model_version(JOB.model.name, receipt.version)
    dropped = "olumn is_weekend is not used: it is left out by the order (drop)"
    assert dropped in version.description
    assert f"c{dropped}" in receipt.notes
    assert "is_weekend" not in version.tags["features"]
    assert any("Refitted on all rows" in note for note in receipt.notes)


def test_the_period_of_the_order_bounds_the_rows(settings: Settings) -> None:
    ordered = TrainingOrder(as_of=AS_OF, start=NOON + timedelta(days=7))

    receipt = train.train(ordered, settings)

    assert 1_500 < receipt.rows < ROWS


def test_too_few_frauds_are_shown_by_week_and_no_model_is_registered(
    settings: Settings, address: str
) -> None:
    before = len(MlflowClient(address).search_model_versions())

    with pytest.raises(TooFewLabelsError) as refusal:
        train.train(TrainingOrder(as_of=NOON + timedelta(days=8)), settings)

    said = str(refusal.value)
    assert "week of" in said
    assert "matured rows" in said
    assert re.search(r"not matured yet: [45]\d\d rows", said)  # of a week with some 500 rows
    assert "are enough" in said
    assert len(MlflowClient(address).search_model_versions()) == before


@pytest.fixture
def at_hand(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Let commands meet this warehouse, whose registry has a trained model."""
    if not registry.aliases_of(JOB.slot.name, settings):
        train.train(TrainingOrder(as_of=AS_OF), settings)
    _answer_with(settings, monkeypatch)
    return settings


def _answer_with(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (sessions, inventory, export):
        monkeypatch.setattr(module, "get_settings", lambda: settings)


def test_the_inventory_lists_every_model_with_its_champion_and_each_training(
    at_hand: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    status = inventory.inventory(every=True)

    text = capsys.readouterr().out
    champion = registry.resolve(JOB.slot.name, "champion", at_hand)
    assert status == 0
    assert (
        "fraud_transactions: Fraud in card transactions, tier 1, Head of fraud prevention" in text
    )
    assert f"  champion {champion.version}, challenger" in text
    assert f"  version {champion.version}: trained " in text
    assert "purchasing_power: Purchasing power, tier 3" in text
    assert "does not answer" not in text


def test_the_inventory_without_a_registry_says_so_and_names_the_champion_on_record(
    at_hand: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    away = Registry(tracking_uri="http://127.0.0.1:9", timeout_seconds=1)
    _answer_with(at_hand.model_copy(update={"registry": away}), monkeypatch)

    status = inventory.inventory()

    text = capsys.readouterr().out
    assert status == 0
    assert text.startswith("The registry does not answer, so challengers are unknown: ")
    assert "challenger unknown" in text
    assert "fraud_transactions: " in text


def test_the_export_writes_one_page_per_model_with_the_card_of_the_champion(
    at_hand: Settings, tmp_path: Path
) -> None:
    assert export.export(to=tmp_path / "pages") == 0

    pages = {file.stem: file.read_text() for file in (tmp_path / "pages").iterdir()}
    assert set(pages) == {job.model.name for job in JOBS.values() if job.model is not None}
    fraud = pages["fraud_transactions"]
    for part in (
        *("<h2>Outside the purpose</h2>", "<h2>Benchmark</h2>", "<h2>Sensitivity</h2>"),
        *("<h2>Stability by month</h2>", "<h2>Monitoring plan</h2>", "data:image/png;base64,"),
        "The benchmark is ",
    ):
        assert part in fraud
    assert "http" not in fraud.replace("http-equiv", "")


def test_without_a_registry_no_page_is_written(
    at_hand: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    away = Registry(tracking_uri="http://127.0.0.1:9", timeout_seconds=1)
    _answer_with(at_hand.model_copy(update={"registry": away}), monkeypatch)

    with pytest.raises(ModelUnavailableError, match="no page was written"):
        export.export(to=tmp_path / "pages")

    assert not (tmp_path / "pages").exists()
