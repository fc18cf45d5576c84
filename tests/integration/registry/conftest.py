"""A real MLflow server for the registry's tests, and a small fitted model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from features.platform.objects import ObjectStore, open_store
from features.platform.settings import Registry, Settings
from infra.local.postgres import Cluster
from scoring.fraud.job import JOB
from scoring.fraud.model import FraudModel
from scoring.models import registry
from scoring.runs.pins import ModelPin
from tests.integration.registry.grocer_nights import Forecast, forecast_nights
from tests.mlflow_server import mlflow_server

FEATURES = ["amount", "customer_amount_avg_30d", "merchant_fraud_rate_7d"]


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as server_address:
        yield server_address


@pytest.fixture(scope="session")
def registry_settings(address: str) -> Settings:
    return Settings(registry=Registry(tracking_uri=address, timeout_seconds=10), test=True)


@pytest.fixture(scope="session")
def matrix() -> np.ndarray:
    return np.random.default_rng(7).normal(size=(1_500, len(FEATURES)))


@pytest.fixture(scope="session")
def model(matrix: np.ndarray) -> FraudModel:
    is_fraud = matrix[:, 0] + matrix[:, 2] > 1.5
    return FraudModel(FEATURES, FEATURES[:2], max_iter=10, anomaly_trees=5).fit(matrix, is_fraud)


@pytest.fixture(scope="session")
def record() -> registry.ModelRecord:
    figure = Figure()
    figure.add_subplot().plot([0, 1])
    return registry.ModelRecord(
        metrics={"auc_roc": 0.9},
        params={"max_iter": 10},
        tags={"feature_view": "transactions@1", "data_sha256": "0" * 64},
        figures={"roc.png": figure},
        description="A model of the tests.",
        outcomes=("genuine", "fraud"),
    )


#: A registered model of the tests' own, of the classes of the fraud model.
SLOT = replace(JOB.model, name="fraud_tested")


@pytest.fixture(scope="session")
def pin(
    model: FraudModel,
    record: registry.ModelRecord,
    matrix: np.ndarray,
    registry_settings: Settings,
) -> ModelPin:
    """Register the model; no alias points to it."""
    return registry.log_and_register(model, SLOT, record, matrix[:5], FEATURES, registry_settings)


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store((tmp_path / "objects").as_uri())


@pytest.fixture(scope="session")
def forecast(
    cluster: Cluster,
    built_template: str,
    registry_settings: Settings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Forecast]:
    """Two nights of two grocers, forecast and planned."""
    folder = tmp_path_factory.mktemp("grocers")
    with forecast_nights(cluster, built_template, registry_settings.registry, folder) as world:
        yield world
