"""A warehouse with a policy in force, and a real registry with a champion and a challenger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import mlflow
import psycopg
import pytest
from mlflow import MlflowClient

from features.platform.objects import ObjectStore
from features.platform.settings import Registry, Settings, get_settings
from features.platform.storage import object_store
from scoring.decision.policy import activations
from scoring.fraud.job import JOB
from scoring.runs import lifecycle
from scoring.runs.pins import ModelPin
from scoring.runs.record import Run
from scoring.runs.request import Kind, Request
from scoring.steps import claim
from scoring.steps.pipeline import Pipeline
from tests import promotions
from tests.builders import NOON
from tests.conftest import Db
from tests.integration.scoring.conftest import Bench, _variables, a_bench, a_fraud_model
from tests.mlflow_server import mlflow_server

MODEL = "fraud_transactions"
HOUR = timedelta(hours=1)


@pytest.fixture(scope="session")
def promotion_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry of these tests alone: each test deletes the model."""
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as address:
        yield Registry(tracking_uri=address, timeout_seconds=10)


@pytest.fixture(autouse=True)
def one_registry(promotion_registry: Registry) -> None:
    """Forget the registry that another test of this process has named to MLflow."""
    mlflow.set_tracking_uri(promotion_registry.tracking_uri)
    mlflow.set_registry_uri(promotion_registry.tracking_uri)


@dataclass
class House:
    """A warehouse and a registry, in which Ann trained version 2."""

    db: Db
    settings: Settings
    store: ObjectStore
    champion: ModelPin
    challenger: ModelPin
    hours: int = 0

    @property
    def client(self) -> MlflowClient:
        """The registry, as its UI uses it."""
        return MlflowClient(self.settings.registry.tracking_uri)

    def connect(self) -> psycopg.Connection[Any]:
        """Open an autocommit connection as role score."""
        return psycopg.connect(self.settings.warehouse.conninfo("score"), autocommit=True)

    def move(self, number: str, alias: str = "champion") -> None:
        """Move an alias in the MLflow UI."""
        self.client.set_registered_model_alias(MODEL, alias, number)

    def alias(self, alias: str = "champion") -> str | None:
        """Return the version that an alias names."""
        return dict(self.client.get_registered_model(MODEL).aliases).get(alias)

    def add(self, content: bytes, trainer: str, alias: str = "challenger") -> ModelPin:
        """Train another version."""
        pin = promotions.register(self.settings, content, alias=alias)
        with self.connect() as connection:
            promotions.record_training(connection, pin, trainer, alias)
        return pin

    def gate(self, verdict: str = "better", **changes: Any) -> None:
        """Run a gate of champion and challenger."""
        values = {"champion": self.champion, "challenger": self.challenger} | changes
        with self.connect() as connection:
            promotions.record_gate(connection, verdict=verdict, **values)

    def claim(self) -> Run:
        """Claim the next hour, and end the run at once."""
        start = NOON + self.hours * HOUR
        self.hours += 1
        request = Request(start, start + HOUR, Kind.SCHEDULED, f"scheduled {start}")
        run = claim.claim(JOB, request, self.settings, self.store)
        with self.connect() as connection:
            lifecycle.fail(connection, run.run_id, "the test needs the claim alone")
        return run

    def decides(self) -> str:
        """Return the version that the next run decides with."""
        return str(self.claim().models["fraud"]["version"])

    def sightings(self) -> list[tuple[Any, ...]]:
        """Return what the claims have seen."""
        return self.db.rows(
            "select version, is_effective, basis, actor from audit.champion_sightings "
            "order by sighting_seq"
        )

    def tags(self, number: str) -> dict[str, str]:
        """Return the tags of a version in the registry."""
        return dict(self.client.get_model_version(MODEL, number).tags)


@pytest.fixture
def house(migrated: Db, promotion_registry: Registry) -> House:
    """Version 1 is the champion and has decided once; Ann trained the challenger, version 2."""
    settings = migrated.settings.model_copy(update={"registry": promotion_registry})
    client = MlflowClient(promotion_registry.tracking_uri)
    if client.search_registered_models(f"name = '{MODEL}'"):
        client.delete_registered_model(MODEL)
    champion = promotions.register(settings, b"model 1", alias="champion")
    challenger = promotions.register(settings, b"model 2", alias="challenger")
    world = House(migrated, settings, object_store(settings), champion, challenger)
    with world.connect() as connection:
        activations.activate(
            connection, "2026.11.1", author="ann", approver="ben", reason="of these tests"
        )
        promotions.record_training(connection, champion, "schedule", "champion")
        promotions.record_training(connection, challenger, "ann")
    run = world.claim()
    assert run.models["fraud"]["version"] == "1"
    with world.connect() as connection:
        promotions.record_shadow(connection, challenger, run.run_id, days=7, rows=1_000)
    return world


@pytest.fixture
def settings(
    built: Db, promotion_registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """The environment of a person at a terminal."""
    settings = built.settings.model_copy(update={"registry": promotion_registry})
    for name, value in _variables(settings).items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    client = MlflowClient(promotion_registry.tracking_uri)
    if client.search_registered_models(f"name = '{MODEL}'"):
        client.delete_registered_model(MODEL)
    yield settings
    get_settings.cache_clear()


@pytest.fixture
def bench(built: Db, tmp_path: Path) -> Bench:
    return a_bench(built, a_fraud_model(tmp_path, seed=7, is_fraud=lambda amount: amount > 60))


def decide(bench: Bench, settings: Settings, hour: int) -> Run:
    """Decide an hour with the champion of the registry."""
    steps = Pipeline(JOB, settings)
    start = NOON + hour * HOUR
    run = steps.claim(Request(start, start + HOUR, Kind.SCHEDULED, f"scheduled {hour}"))
    steps.score(run.run_id)
    return bench.publish(run.run_id)
