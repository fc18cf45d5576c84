"""Train the forecast of spending on a synthetic bank's cards, and decide a night with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import psycopg
import pytest
from airflow.sdk.exceptions import AirflowSkipException
from mlflow import MlflowClient

from features.build import build
from features.ingest.run import ingest_all
from features.platform import code_version, database
from features.platform import settings as configuration
from features.platform.errors import ConfigurationError, TooFewLabelsError
from features.platform.libraries import lock_digest
from features.platform.objects import ObjectStore, open_store
from features.platform.settings import Settings
from features.sources import descriptions
from features.synthesize import synthesize
from features.views import CUSTOMERS
from infra.local.postgres import Cluster
from orchestration import maintenance, nights
from scoring.decision.policy import activations
from scoring.evidence import closure
from scoring.evidence.explain import explain
from scoring.evidence.replay import Selection
from scoring.evidence.verification import verify
from scoring.models import model_files, registry
from scoring.models.training import TrainReceipt
from scoring.runs.pins import Pins, pin_of_nothing
from scoring.runs.record import Run
from scoring.runs.request import Kind, Request
from scoring.runs.training_order import TrainingOrder
from scoring.spending import train, training_set
from scoring.spending.job import JOB
from scoring.spending.past import COLUMNS, from_matrix
from scoring.spending.quality.day_book import DayBook
from scoring.spending.rows import TrainingSet
from scoring.steps.pipeline import Pipeline
from tests.conftest import Db, a_warehouse
from tests.unit.features.synthesize.worlds import a_plan

START, LIVE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)
NEWEST_MONTH_END = (datetime(2026, 3, 31, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).days


@dataclass(frozen=True)
class Bank:
    """A warehouse with four months of cards, a trained model, and a decided night.

    Attributes:
        waited: the reasons of the tasks that were skipped before the training.
    """

    db: Db
    settings: Settings
    store: ObjectStore
    receipt: TrainReceipt
    pins: Pins
    run: Run
    waited: tuple[str, ...]

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run a query as superuser."""
        return self.db.rows(query, *parameters)

    def training_rows(self) -> TrainingSet:
        """Read the rows of the training."""
        with database.connect(self.settings.warehouse, "score", autocommit=False) as connection:
            return training_set.read(
                connection, CUSTOMERS, start=train.BEGINNING, end=LIVE, as_of=datetime.now(UTC)
            )


@pytest.fixture(scope="module")
def bank(
    cluster: Cluster,
    built_template: str,
    registry_settings: Settings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Bank]:
    with a_warehouse(cluster, built_template, tmp_path_factory.mktemp("bank")) as db:
        settings = db.settings.model_copy(
            update={"registry": registry_settings.registry, "chunk_rows": 50}
        )
        store = open_store(settings.objects.url)
        end = LIVE + 2 * DAY
        synthesize(
            a_plan(
                customers=120,
                rate=1.0,
                start=START,
                live_from=LIVE,
                end=end,
                hourly_from=end,
                history_days=60,
            ),
            store,
        )
        with psycopg.connect(settings.warehouse.conninfo("ingest"), autocommit=True) as connection:
            ingest_all(descriptions.load("synthetic"), store, connection, base_currency="USD")
        build(CUSTOMERS.selector, settings.warehouse, settings.work)
        waited = reasons_to_wait(settings)
        receipt = train.train(TrainingOrder(), settings)
        pins = _pins(settings, store)
        run = _decide(settings, pins, LIVE)
        yield Bank(db, settings, store, receipt, pins, run, waited)


def reasons_to_wait(settings: Settings) -> tuple[str, ...]:
    """Return why the night and its search by the maintenance are skipped; empty if they are not."""
    context = {
        "params": {"runs": 1},
        "dag_run": SimpleNamespace(run_after=LIVE + 2 * DAY),
    }
    reasons = []
    with pytest.MonkeyPatch.context() as patch:
        # a task reads the settings of its process, and these are of this test's warehouse
        patch.setattr(configuration, "get_settings", lambda: settings)
        for task in (nights.prepare(JOB), partial(maintenance.find_windows, JOB.name)):
            try:
                task(context)
            except AirflowSkipException as reason:
                reasons.append(str(reason))
    return tuple(reasons)


def _pins(settings: Settings, store: ObjectStore) -> Pins:
    pin = registry.resolve(JOB.model.name, registry.CHAMPION, settings)
    registry.fetch(pin, settings, store)
    with psycopg.connect(settings.warehouse.conninfo("score"), autocommit=True) as connection:
        policy = activations.activate(
            connection, "2026.11.1", author="ann", approver="ben", reason="forecasts"
        )
    return Pins(
        {JOB.model.role: asdict(pin)},
        policy.version,
        policy.sha256,
        CUSTOMERS.qualified,
        code_version.pinned("test"),
        lock_digest(settings.lock_file),
    )


def _decide(settings: Settings, pins: Pins, day: datetime) -> Run:
    request = Request(day, day + DAY, Kind.SCHEDULED, f"scheduled {day}")
    return Pipeline(JOB, settings, pins=pins).run(request)


def test_the_first_model_is_champion_and_names_its_data(bank: Bank, address: str) -> None:
    client = MlflowClient(address)
    run_id = client.get_model_version(JOB.model.name, bank.receipt.version).run_id
    page = Path(client.download_artifacts(run_id, "model_card.md")).read_text()

    assert bank.receipt.alias == "champion"
    assert bank.receipt.features == len(COLUMNS)
    assert bank.receipt.metrics["mae_ratio_to_same_as_last_30d"] < 1
    assert "customers@1" in page
    assert "share within the interval (0.8)" in page


def test_a_night_waits_for_the_first_model_and_says_so(bank: Bank) -> None:
    assert bank.waited == 2 * (
        "forecast_spending waits for its first model: train_models makes purchasing_power when the "
        "history suffices",
    )
    assert reasons_to_wait(bank.settings) == ()


def test_targets_are_the_purchases_after_the_night_and_features_those_before(bank: Bank) -> None:
    rows = bank.training_rows()
    newest = rows.take(rows.day == NEWEST_MONTH_END)
    book, codes = _day_book(bank)
    night = NEWEST_MONTH_END - (START - datetime(1970, 1, 1, tzinfo=UTC)).days
    customers = np.array(sorted(book.active(night), key=lambda code: codes[code]))

    read = from_matrix(newest.matrix, newest.features)
    counted = book.past(night, customers)

    assert newest.spent_within(30) == pytest.approx(book.next(night, 30, customers))
    assert np.isnan(newest.spent_within(90)).all()
    for name in counted.__dataclass_fields__:
        assert getattr(read, name) == pytest.approx(getattr(counted, name)), name


def _day_book(bank: Bank) -> tuple[DayBook, list[str]]:
    """Return the purchases of the raw tables, and the customers by code."""
    rows = bank.rows(
        "select customer_id, (occurred_at at time zone 'UTC')::date - date '2026-01-01', "
        "amount_base_minor / 100.0 from raw.transactions "
        "where kind is null or kind = 'purchase' order by customer_id"
    )
    names, days, amounts = zip(*rows, strict=True)
    codes, customer = np.unique(np.array(names), return_inverse=True)
    book = DayBook.of(customer, np.array(days), np.array(amounts, dtype=float))
    return book, codes.tolist()


def test_each_active_customer_of_a_night_has_a_forecast_in_order(bank: Bank) -> None:
    [(rows, nights, degraded, in_order)] = bank.rows(
        "select count(*), count(distinct day_at), count(*) filter (where is_degraded), "
        "bool_and(spend_30d_low <= spend_30d and spend_30d <= spend_30d_high "
        "and spend_90d_low <= spend_90d and spend_90d <= spend_90d_high) "
        "from decisions.spending_forecasts"
    )

    assert bank.run.state == "published"
    assert rows == bank.run.rows_claimed > 100
    assert (nights, degraded, in_order) == (1, 0, True)


def test_the_categories_of_a_forecast_add_up_to_it(bank: Bank) -> None:
    rows = bank.rows(
        "select spend_30d, (select sum(value::numeric) from jsonb_each_text(category_spend_30d)) "
        "from decisions.spending_forecasts where category_spend_30d is not null"
    )

    assert len(rows) > 100
    for point, total in rows:
        assert float(total) == pytest.approx(point, abs=0.1)


def test_every_forecast_and_its_features_replay_to_the_same_bits(bank: Bank) -> None:
    verification = verify(JOB, Selection(), bank.settings, bank.store)

    assert verification.as_dict()["differences"] == []
    assert verification.holds


def test_everything_adds_up_down_to_the_published_files(bank: Bank) -> None:
    with psycopg.connect(bank.settings.warehouse.conninfo("score"), autocommit=True) as connection:
        equations = closure.equations(connection, JOB, store=bank.store)

    assert [str(equation) for equation in equations if not equation.holds] == []


def test_a_forecast_is_explained_in_one_line(bank: Bank) -> None:
    [(name,)] = bank.rows("select min(card_customer_night_id) from decisions.spending_forecasts")

    explanation = explain(JOB, name, bank.settings, bank.store)

    assert JOB.summary is not None
    assert JOB.summary(explanation.decision).startswith("card spending of the next 30 days: ")


def test_without_the_model_each_forecast_has_a_status_instead(bank: Bank) -> None:
    [(name,)] = bank.rows("select min(card_customer_night_id) from decisions.spending_forecasts")
    [(day,)] = bank.rows(
        "select day_at from decisions.spending_forecasts where card_customer_night_id = %s", name
    )
    nothing = {JOB.model.role: pin_of_nothing(JOB.model.name)}
    request = Request(day, day + DAY, Kind.RESTATE, "ann", "no model", (name,))

    Pipeline(JOB, bank.settings, pins=replace(bank.pins, models=nothing)).run(request)

    [row] = bank.rows(
        "select month_status, spend_30d, quarter_status, category_spend_30d "
        "from decisions.spending_forecasts where card_customer_night_id = %s and is_degraded",
        name,
    )
    assert row == ("model_unavailable", None, "model_unavailable", None)


def test_a_training_without_month_ends_is_refused_with_the_next_step(bank: Bank) -> None:
    with pytest.raises(TooFewLabelsError, match="deliver a history of at least 91 days"):
        train.train(TrainingOrder(end=START + DAY, as_of=LIVE), bank.settings)
    with pytest.raises(ConfigurationError, match="needs observed_days"):
        train.train(TrainingOrder(drop=("observed_days",)), bank.settings)


def test_the_registered_file_holds_the_trusted_types_alone(bank: Bank) -> None:
    pin = registry.resolve(JOB.model.name, registry.CHAMPION, bank.settings)
    model = model_files.load(pin, bank.store, bank.settings.work / "models", JOB.model)

    assert list(model.features) == list(COLUMNS)
