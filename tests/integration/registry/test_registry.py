"""The registry stores whole models and loads only models of this project."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient

from features.platform.errors import ModelUnavailableError
from features.platform.objects import ObjectStore
from features.platform.settings import Registry, Settings
from scoring.fraud.job import JOB
from scoring.fraud.model import FraudModel
from scoring.models import model_files, registry
from scoring.runs.pins import ModelPin
from tests.mlflow_server import free_port


def test_a_registered_model_scores_the_same_bits_without_the_registry(
    pin: ModelPin,
    model: FraudModel,
    matrix: np.ndarray,
    store: ObjectStore,
    registry_settings: Settings,
    tmp_path: Path,
) -> None:
    registry.fetch(pin, registry_settings, store)

    # without settings, it cannot call the registry
    loaded = model_files.load(pin, store, tmp_path / "cache", JOB.model)

    assert loaded.features == model.features
    assert loaded.score(matrix).fraud_probability.tobytes() == (
        model.score(matrix).fraud_probability.tobytes()
    )
    assert loaded.score(matrix).anomaly_score.tobytes() == (
        model.score(matrix).anomaly_score.tobytes()
    )


def test_a_model_of_other_answers_is_registered_by_the_method_that_gives_them(
    pin: ModelPin,
    model: FraudModel,
    record: registry.ModelRecord,
    matrix: np.ndarray,
    registry_settings: Settings,
) -> None:
    answers = replace(record, outcomes=("likelier",), answered_by="predict")

    other = registry.log_and_register(
        model,
        replace(JOB.model, name=pin.name),
        answers,
        matrix[:5],
        model.features,
        registry_settings,
    )

    signature = mlflow.models.get_model_info(f"models:/{other.name}/{other.version}").signature
    assert signature.outputs.input_names() == ["likelier"]


def test_an_alias_is_resolved_to_one_version_and_its_digest(
    pin: ModelPin, registry_settings: Settings
) -> None:
    registry.set_alias(pin.name, pin.version, "resolved", registry_settings)

    assert registry.resolve(pin.name, "resolved", registry_settings) == pin
    assert registry.aliases_of(pin.name, registry_settings)["resolved"] == pin.version


def test_a_pin_survives_being_stored_with_a_run(pin: ModelPin) -> None:
    stored = {"name": pin.name, "version": pin.version, "sha256": pin.sha256, "other": 1}

    assert ModelPin.of(stored) == replace(pin, run_id="", source="")


def test_a_version_carries_the_facts_for_its_review(pin: ModelPin, address: str) -> None:
    client = MlflowClient(address)

    version = client.get_model_version(pin.name, pin.version)
    run = client.get_run(pin.run_id)
    signature = mlflow.models.get_model_info(f"models:/{pin.name}/{pin.version}").signature

    assert version.tags["feature_view"] == "transactions@1"
    assert version.tags[registry.DIGEST_TAG] == pin.sha256
    assert version.description == "A model of the tests."
    assert run.data.metrics == {"auc_roc": 0.9}
    assert run.data.params == {"max_iter": "10"}
    assert [item.path for item in client.list_artifacts(pin.run_id)] == ["roc.png"]
    assert signature.inputs.input_names()[0] == "amount"
    assert signature.inputs.required_input_names() == []  # every feature may be null


def test_a_verdict_is_written_on_the_version(
    pin: ModelPin, registry_settings: Settings, address: str
) -> None:
    registry.tag_version(pin.name, pin.version, {"gate_verdict": "passed"}, registry_settings)

    tags = MlflowClient(address).get_model_version(pin.name, pin.version).tags
    assert tags["gate_verdict"] == "passed"


@pytest.mark.parametrize("name", ["fraud_tested", "never_registered"])
def test_a_missing_alias_names_the_next_step(
    pin: ModelPin, registry_settings: Settings, name: str
) -> None:
    assert pin
    with pytest.raises(ModelUnavailableError, match=f"{name} has no version with alias.*train"):
        registry.resolve(name, "champion", registry_settings)


def test_a_version_of_another_origin_is_refused(
    pin: ModelPin, registry_settings: Settings, address: str
) -> None:
    client = MlflowClient(address)
    client.create_registered_model("foreign")
    version = client.create_model_version(
        "foreign", pin.source, model_id=pin.source.rpartition("/")[2]
    ).version
    client.set_registered_model_alias("foreign", "champion", version)

    with pytest.raises(ModelUnavailableError, match="carries no tag model_sha256"):
        registry.resolve("foreign", "champion", registry_settings)


def test_a_registry_that_is_down_is_named_within_seconds() -> None:
    address = f"http://127.0.0.1:{free_port()}"
    settings = Settings(registry=Registry(tracking_uri=address, timeout_seconds=2))
    started = time.monotonic()

    with pytest.raises(ModelUnavailableError, match=f"{address}.*make status"):
        registry.resolve("fraud_transactions", "champion", settings)

    assert time.monotonic() - started < 20


def test_a_flipped_byte_in_the_registry_is_refused(
    pin: ModelPin, registry_settings: Settings, store: ObjectStore
) -> None:
    altered = replace(pin, sha256="0" * 64)  # simulates other bytes under the same digest

    with pytest.raises(ModelUnavailableError, match="the file was altered"):
        registry.fetch(altered, registry_settings, store)

    assert not store.exists(altered.object_name)


def test_a_flipped_byte_in_the_object_store_is_refused(
    pin: ModelPin, registry_settings: Settings, store: ObjectStore, tmp_path: Path
) -> None:
    registry.fetch(pin, registry_settings, store)
    store.put(pin.object_name, _flipped(store.open(pin.object_name).read()))

    with pytest.raises(ModelUnavailableError, match="the file was altered"):
        model_files.load(pin, store, tmp_path / "cache", JOB.model)

    assert list((tmp_path / "cache").iterdir()) == []


def test_a_flipped_byte_in_the_cache_is_restored_from_the_store(
    pin: ModelPin, registry_settings: Settings, store: ObjectStore, tmp_path: Path
) -> None:
    registry.fetch(pin, registry_settings, store)
    model_files.load(pin, store, tmp_path, JOB.model)
    (cached,) = tmp_path.glob("*.skops")
    cached.write_bytes(_flipped(cached.read_bytes()))

    assert model_files.load(pin, store, tmp_path, JOB.model).features


def test_a_model_that_was_never_fetched_names_the_next_step(
    pin: ModelPin, store: ObjectStore, tmp_path: Path
) -> None:
    with pytest.raises(ModelUnavailableError, match="claim the window again"):
        model_files.load(pin, store, tmp_path, JOB.model)


def _flipped(content: bytes) -> bytes:
    at = len(content) // 2
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
