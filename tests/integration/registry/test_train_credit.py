"""Train the credit model on a synthetic lender's loans into a real registry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from mlflow import MlflowClient

from features.build import build
from features.ingest.run import ingest_all
from features.platform.errors import TooFewLabelsError
from features.platform.objects import open_store
from features.platform.settings import Settings
from features.sources import descriptions
from features.synthesize import synthesize
from features.views import APPLICATIONS
from infra.local.postgres import Cluster
from scoring.__main__ import main
from scoring.commands import fairness
from scoring.credit import comparison, train, training_set
from scoring.credit.job import JOB
from scoring.credit.model import CreditModel
from scoring.decision.policy import activations
from scoring.models import model_files, registry
from scoring.models.matured_rows import Period
from scoring.models.training import TrainReceipt
from scoring.promotion import pairs, scored
from scoring.runs.training_order import TrainingOrder
from tests.conftest import a_warehouse
from tests.unit.features.synthesize.worlds import a_plan

LOANS = 8_000
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def settings(
    cluster: Cluster,
    built_template: str,
    registry_settings: Settings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Settings]:
    """Build a warehouse of five years of applications, their outcomes and protected attributes."""
    with a_warehouse(cluster, built_template, tmp_path_factory.mktemp("lender")) as db:
        db_settings = db.settings
        store = open_store(db_settings.objects.url)
        synthesize(a_plan(customers=300, credit_history=LOANS), store)
        with psycopg.connect(
            db_settings.warehouse.conninfo("ingest"), autocommit=True
        ) as connection:
            ingest_all(descriptions.load("synthetic"), store, connection, base_currency="USD")
        build("application_features", db_settings.warehouse, db_settings.work)
        yield db_settings.model_copy(update={"registry": registry_settings.registry})


@dataclass(frozen=True)
class Trained:
    """Hold two trainings on the same data, without and with a policy in force."""

    as_of: datetime
    first: TrainReceipt
    second: TrainReceipt
    client: MlflowClient

    def text(self, receipt: TrainReceipt, name: str) -> str:
        """Return a text that belongs to a version."""
        run_id = self.client.get_model_version(receipt.model, receipt.version).run_id
        return Path(self.client.download_artifacts(run_id, name)).read_text()


@pytest.fixture(scope="module")
def trained(settings: Settings, address: str) -> Trained:
    with psycopg.connect(settings.warehouse.conninfo("score")) as connection:
        newest = connection.execute("select max(known_at) from marts.feat_applications").fetchone()
    assert newest is not None
    moment: datetime = newest[0]
    first = train.train(TrainingOrder(as_of=moment), settings)
    with psycopg.connect(settings.warehouse.conninfo("score")) as connection:
        activations.activate(connection, "2026.12.1", author="ann", approver="bo", reason="first")
    return Trained(
        moment, first, train.train(TrainingOrder(as_of=moment), settings), MlflowClient(address)
    )


def test_the_first_credit_model_is_champion_and_the_next_one_challenger(trained: Trained) -> None:
    assert (trained.first.alias, trained.second.alias) == ("champion", "challenger")


def test_the_same_loans_train_the_same_model(trained: Trained) -> None:
    assert trained.first.metrics == trained.second.metrics


def test_a_synthetic_lender_has_enough_defaults_to_learn_from(trained: Trained) -> None:
    metrics = trained.first.metrics

    assert trained.first.events > 200
    assert trained.first.rows < LOANS  # the youngest vintages still run
    assert 0.6 < metrics["auc_roc"] < 0.85
    assert metrics["auc_roc_low"] < metrics["auc_roc"] < metrics["auc_roc_high"]


def test_a_version_carries_its_whole_page(trained: Trained) -> None:
    version = trained.client.get_model_version(trained.first.model, trained.first.version)

    assert version.tags["feature_view"] == "applications@1"
    assert len(version.tags["data_sha256"]) == 64
    assert {item.path for item in trained.client.list_artifacts(version.run_id)} == {
        *("roc.png", "calibration.png", "stability.png"),
        *("model_card.md", "scorecard.md", "scorecard.sql"),
    }
    card = trained.text(trained.first, "model_card.md")
    for part in ("## Left out", "| AUC | ", "| KS | ", "## Stability by month", "## Segments"):
        assert part in card


def test_the_page_reports_decisions_by_group(trained: Trained) -> None:
    page = trained.text(trained.second, "model_card.md")

    assert "| sex | " in page
    assert "monitoring, not a verdict" in page


def test_without_a_policy_in_force_the_page_has_no_decisions(trained: Trained) -> None:
    assert "No policy in force decides applications" in trained.text(trained.first, "model_card.md")


def test_a_report_on_public_data_joins_the_page(
    trained: Trained, settings: Settings, test_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the process reads the real settings once, and they do not contain the registry of a test
    monkeypatch.setattr(fairness, "get_settings", lambda: settings)
    file = test_data / "loans" / "german_credit.csv.gz"

    assert main(["fairness", str(file)]) == 0

    page = trained.text(trained.first, fairness.FILE_NAME)
    assert "1000 loans of the German credit data" in page
    assert "| age | under 25 | 149 |" in page


def test_the_registered_file_is_the_credit_model(trained: Trained, settings: Settings) -> None:
    store = open_store(settings.objects.url)
    pin = registry.resolve(JOB.model.name, "champion", settings)

    registry.fetch(pin, settings, store)

    loaded = model_files.load(pin, store, settings.work / "models", JOB.model)
    assert isinstance(loaded, CreditModel)
    assert len(loaded.features or ()) == trained.first.features


def test_too_few_whole_vintages_are_reported_and_no_model_is_registered(
    trained: Trained, settings: Settings
) -> None:
    before = len(trained.client.search_model_versions())

    with pytest.raises(TooFewLabelsError, match="loans of whole vintages hold"):
        train.train(TrainingOrder(as_of=datetime(2022, 6, 1, tzinfo=UTC)), settings)

    assert len(trained.client.search_model_versions()) == before


@pytest.mark.parametrize("years_ago", [0, 1, 2])
def test_training_takes_whole_matured_vintages(
    trained: Trained, settings: Settings, years_ago: int
) -> None:
    as_of = trained.as_of - timedelta(days=365 * years_ago)
    lag = timedelta(days=150)

    with psycopg.connect(settings.warehouse.conninfo("score")) as connection:
        rows = training_set.read(
            connection, APPLICATIONS, start=train.BEGINNING, end=as_of, as_of=as_of, lag=lag
        )

    term = rows.matrix[:, rows.features.index("term_months")].astype(int)
    last_instalment = (rows.month + 1 + term).astype("datetime64[us]")
    whole = last_instalment.astype(datetime) + lag <= as_of.replace(tzinfo=None)
    assert len(rows) > 0
    assert whole.all()


def test_a_gate_compares_on_vintages_that_no_training_of_an_earlier_day_knew(
    trained: Trained, settings: Settings
) -> None:
    """The rows whose vintages are closed in a period are those by which training sets differ."""
    lag = timedelta(days=150)
    start, end = trained.as_of - timedelta(days=300), trained.as_of
    period = Period(start=start, end=end, as_of=end)
    with psycopg.connect(settings.warehouse.conninfo("score")) as connection:
        rows = comparison.read(connection, APPLICATIONS, period, settings)
        known = [
            training_set.read(connection, APPLICATIONS, start=BEGINNING, end=end, as_of=at, lag=lag)
            for at in (start, end)
        ]
        pair = pairs.find(connection, JOB, comparison.MATURED, settings)

    assert 200 < rows.has_label.sum() == len(known[1]) - len(known[0])
    assert rows.is_event.sum() == known[1].is_bad.sum() - known[0].is_bad.sum()
    assert pair is not None
    models = pairs.load(pair, JOB, settings)
    done = scored.score([rows], models, JOB, pair.view, 60.0)
    assert done.rows is not None
    assert len(done.rows) == rows.has_label.sum()
    assert (done.rows.champion == done.rows.challenger).all()  # the same data, the same model
    assert set(done.rows.segments) == {"term", "purpose", "vintage"}
    assert done.rows.weeks > 4
    weight = done.rows.weight
    assert weight is None or abs(weight.sum() - len(rows)) < 1e-6


def test_the_command_compares_two_credit_models_and_prints_the_table(
    trained: Trained,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("scoring.commands.models.gate.get_settings", lambda: settings)

    status = main(["models", "gate", "score_applications"])

    said = capsys.readouterr().out
    assert status == 1  # one model twice is not better
    assert "| auc | primary | 0.0000 | 0.0000 | 0.0000 |" in said
    assert "segment term=36" in said
    assert main(["models", "gate", "plan_stock"]) == 2
    assert "plan_stock has no model" in capsys.readouterr().err
