"""A model that is not exactly one skops file of trusted types is refused before any load."""

from __future__ import annotations

import pickle
from pathlib import Path

import mlflow
import numpy as np
import pytest
import skops.io
import yaml
from mlflow import MlflowClient
from sklearn.tree import DecisionTreeClassifier

from features.platform.errors import ModelUnavailableError
from features.platform.objects import ObjectStore
from features.platform.settings import Settings
from scoring.fraud.job import JOB
from scoring.fraud.model import FraudModel
from scoring.models import model_files, registry
from scoring.runs.pins import ModelPin

DESCRIPTION = {
    "flavors": {
        "python_function": {"loader_module": "mlflow.sklearn", "model_path": "model.skops"},
        "sklearn": {"pickled_model": "model.skops", "serialization_format": "skops", "code": None},
    }
}
MARKER_CODE = "from pathlib import Path\nPath({path!r}).touch()\n"


class Exploit:
    """A pickle that leaves a file behind when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.path,)


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "code-ran"


@pytest.fixture
def folder(tmp_path: Path, model: FraudModel) -> Path:
    """Write a valid model folder; each test spoils it in one way."""
    folder = tmp_path / "model"
    folder.mkdir()
    skops.io.dump(model, folder / "model.skops")
    describe(folder, DESCRIPTION)
    return folder


def describe(folder: Path, description: object) -> None:
    (folder / "MLmodel").write_text(yaml.safe_dump(description))


def register(folder: Path, name: str, settings: Settings) -> ModelPin:
    """Register a folder as an intruder would, with the right digest, through MLflow's own API."""
    address = settings.registry.tracking_uri
    mlflow.set_tracking_uri(address)
    mlflow.set_experiment(name)
    with mlflow.start_run() as run:
        mlflow.log_artifacts(str(folder), "model")
    client = MlflowClient(address)
    client.create_registered_model(name)
    file = folder / "model.skops"
    digest = model_files.digest_of(file) if file.exists() else "0" * 64
    client.create_model_version(
        name, f"{run.info.artifact_uri}/model", run.info.run_id, {registry.DIGEST_TAG: digest}
    )
    client.set_registered_model_alias(name, "champion", "1")
    return registry.resolve(name, "champion", settings)


def test_a_valid_folder_is_accepted(
    folder: Path, registry_settings: Settings, store: ObjectStore, tmp_path: Path
) -> None:
    pin = register(folder, "intact", registry_settings)

    registry.fetch(pin, registry_settings, store)

    assert model_files.load(pin, store, tmp_path / "cache", JOB.model).features


def test_a_loader_module_with_code_is_refused_and_does_not_run(
    folder: Path, registry_settings: Settings, store: ObjectStore, marker: Path
) -> None:
    (folder / "code").mkdir()
    (folder / "code" / "intruder.py").write_text(MARKER_CODE.format(path=str(marker)))
    describe(
        folder, {"flavors": {"python_function": {"loader_module": "intruder", "code": "code"}}}
    )
    pin = register(folder, "with_code", registry_settings)

    with pytest.raises(ModelUnavailableError, match=r"its folder holds code/intruder\.py"):
        registry.fetch(pin, registry_settings, store)

    assert not marker.exists()
    assert not store.exists(pin.object_name)


def test_a_pickle_is_refused_and_does_not_run(
    folder: Path, registry_settings: Settings, store: ObjectStore, marker: Path
) -> None:
    (folder / "model.pkl").write_bytes(pickle.dumps(Exploit(marker)))
    pin = register(folder, "with_pickle", registry_settings)

    with pytest.raises(ModelUnavailableError, match=r"its folder holds model\.pkl"):
        registry.fetch(pin, registry_settings, store)

    assert not marker.exists()


def test_a_pickle_under_the_name_of_a_skops_file_is_refused_and_does_not_run(
    folder: Path,
    registry_settings: Settings,
    store: ObjectStore,
    marker: Path,
    tmp_path: Path,
) -> None:
    (folder / "model.skops").write_bytes(pickle.dumps(Exploit(marker)))
    pin = register(folder, "disguised", registry_settings)
    registry.fetch(pin, registry_settings, store)  # the digest is right

    with pytest.raises(ModelUnavailableError, match="not a skops file"):
        model_files.load(pin, store, tmp_path / "cache", JOB.model)

    assert not marker.exists()


def test_an_untrusted_type_is_refused(
    folder: Path, registry_settings: Settings, store: ObjectStore, marker: Path, tmp_path: Path
) -> None:
    skops.io.dump(Exploit(marker), folder / "model.skops")
    pin = register(folder, "foreign_type", registry_settings)
    registry.fetch(pin, registry_settings, store)

    with pytest.raises(ModelUnavailableError, match="types that are not trusted"):
        model_files.load(pin, store, tmp_path / "cache", JOB.model)

    assert not marker.exists()


def test_a_version_without_a_source_or_digest_is_unavailable(
    registry_settings: Settings, store: ObjectStore
) -> None:
    address = registry_settings.registry.tracking_uri
    client = MlflowClient(address)
    client.create_registered_model("odd_source")
    accepted = 0
    for source in ("s3://bucket/model", "gs://bucket/model", "hdfs://x/y", "runs:/none/model"):
        try:
            version = client.create_model_version(
                "odd_source", source, tags={registry.DIGEST_TAG: "a" * 64}
            )
        except mlflow.exceptions.MlflowException:
            continue  # MLflow refuses the source itself
        accepted += 1
        client.set_registered_model_alias("odd_source", "champion", version.version)
        pin = registry.resolve("odd_source", "champion", registry_settings)
        with pytest.raises(ModelUnavailableError):
            registry.fetch(pin, registry_settings, store)
    assert accepted

    for digest in ("", "a" * 63, "z" * 64, "../" * 21 + "a"):
        client.set_model_version_tag("odd_source", version.version, registry.DIGEST_TAG, digest)
        with pytest.raises(ModelUnavailableError, match="carries no tag model_sha256"):
            registry.resolve("odd_source", "champion", registry_settings)


@pytest.mark.parametrize(
    ("flavour", "key", "value", "reason"),
    [
        ("python_function", "loader_module", "os", "loader_module is not mlflow.sklearn"),
        ("python_function", "code", "code", "brings code of its own"),
        ("python_function", "model_path", "other.bin", r"file is not model\.skops"),
        ("sklearn", "code", "code", "brings code of its own"),
        ("sklearn", "serialization_format", "cloudpickle", "not serialised by skops"),
        ("sklearn", "pickled_model", "model.pkl", r"file is not model\.skops"),
        ("keras", "custom_objects", "x", "flavours"),
    ],
)
def test_a_description_with_other_entries_is_refused(
    folder: Path, flavour: str, key: str, value: str, reason: str
) -> None:
    flavours = {name: dict(parts) for name, parts in DESCRIPTION["flavors"].items()}
    flavours.setdefault(flavour, {})[key] = value
    describe(folder, {"flavors": flavours})

    with pytest.raises(ModelUnavailableError, match=reason):
        model_files.check_folder(folder, "model x version 1")


@pytest.mark.parametrize("text", ["", "[]", "flavors: 3", "{", "!!python/object/new:os.system [x]"])
def test_a_malformed_description_is_refused(folder: Path, text: str) -> None:
    (folder / "MLmodel").write_text(text)

    with pytest.raises(ModelUnavailableError, match="nothing of it was loaded"):
        model_files.check_folder(folder, "model x version 1")


def test_a_scikit_learn_model_of_another_class_is_no_fraud_model(
    tmp_path: Path,
) -> None:
    tree = DecisionTreeClassifier().fit(np.eye(2), [0, 1])
    skops.io.dump(tree, tmp_path / "model.skops")

    with pytest.raises(ModelUnavailableError, match="is no model of ours"):
        model_files.read(tmp_path / "model.skops", "model x version 1", JOB.model)
