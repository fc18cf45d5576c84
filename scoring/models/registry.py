"""Talks to the model registry; `version_pages.py` beside it writes what people read there.

A run resolves an alias once, at its claim, and copies the model file into our object store under
its SHA-256. Scoring and replay load from there and never use the registry.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import mlflow
import structlog
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.models import Model, ModelSignature
from mlflow.types import ColSpec, Schema

from features.platform.errors import ModelUnavailableError
from features.platform.objects import ObjectStore
from features.platform.settings import Settings
from scoring.models import canonical_files, model_files
from scoring.models.registry_client import DIGEST_TAG, answering, pin_of
from scoring.runs.job import ModelSlot
from scoring.runs.pins import MODEL_FILE, ModelPin

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

log = structlog.get_logger(__name__)

CHAMPION = "champion"
CHALLENGER = "challenger"
# stated, not inferred: inference starts a second Python and takes a minute
REQUIREMENTS = ("scikit-learn", "skops", "numpy", "scipy")


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """The record of a model in the registry, for its review by a person.

    Args:
        metrics: numbers by name.
        params: settings of the training by name.
        tags: feature view, data digest, training window and the like, on run and version.
        figures: by file name.
        description: Markdown for the version's page.
        outcomes: the names of the columns that the model returns, such as the two outcomes whose
            probabilities it gives.
        texts: pages and tables by file name.
        answered_by: the model's method that returns those columns: [n, outcomes].
    """

    metrics: Mapping[str, float]
    params: Mapping[str, object]
    tags: Mapping[str, str]
    figures: Mapping[str, Figure]
    description: str
    outcomes: tuple[str, ...]
    texts: Mapping[str, str] = field(default_factory=dict)
    answered_by: str = "predict_proba"


def resolve(name: str, alias: str, settings: Settings) -> ModelPin:
    """Return the version that an alias names at this moment.

    Raises:
        ModelUnavailableError: no such model or alias, no digest on it, or no answer in time.
    """
    with answering(settings) as client:
        try:
            version = client.get_model_version_by_alias(name, alias)
        except MlflowException as error:
            if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                raise
            raise ModelUnavailableError(
                f"model {name} has no version with alias {alias!r}: run the DAG train_models, or "
                "set the alias on the model's page in MLflow or by `vesper models rollback`"
            ) from error
    return pin_of(version)


def fetch(pin: ModelPin, settings: Settings, store: ObjectStore) -> str:
    """Copy a model's file from the registry into the object store, unless it is there.

    The folder and the digest are checked; nothing is loaded.

    Returns:
        The object's name.

    Raises:
        ModelUnavailableError: the download fails, or the file differs from the registered one.
    """
    if store.exists(pin.object_name):
        return pin.object_name
    with tempfile.TemporaryDirectory(prefix="model-") as folder:
        _download(pin, folder, settings)
        model_files.check_folder(Path(folder), str(pin))
        path = Path(folder) / MODEL_FILE
        if not path.is_file():
            raise ModelUnavailableError(f"{pin}: its artifacts hold no {MODEL_FILE}")
        model_files.check_digest(path, pin.sha256, str(pin))
        store.put(pin.object_name, path)
    log.info("model_fetched", model=pin.name, version=pin.version, sha256=pin.sha256)
    return pin.object_name


def _download(pin: ModelPin, folder: str, settings: Settings) -> None:
    """Copy a version's artifacts from any source; every error of MLflow becomes one error."""
    uri = f"models:/{pin.name}/{pin.version}"
    try:
        with answering(settings):
            mlflow.artifacts.download_artifacts(
                artifact_uri=uri, dst_path=folder, tracking_uri=settings.registry.tracking_uri
            )
    except ModelUnavailableError:
        raise
    except Exception as error:
        raise ModelUnavailableError(
            f"{pin}: its artifacts cannot be downloaded ({type(error).__name__}); move the alias "
            "to another version"
        ) from error


def log_and_register(
    model: Any,  # noqa: ANN401 - any estimator of ours
    slot: ModelSlot,
    record: ModelRecord,
    example: NDArray[np.float64],
    features: Sequence[str],
    settings: Settings,
) -> ModelPin:
    """Log a trained model with its record and register it as a new version.

    The file is read back from the registry, which proves that it loads.

    Args:
        model: the fitted estimator.
        slot: the registered model; its name is also the experiment's.
        record: metrics, parameters, pages and figures of the model.
        example: a few rows of input, for the signature.
        features: names of the input's columns.
        settings: access to the registry.

    Raises:
        ModelUnavailableError: the registry does not answer.
    """
    import pandas as pd

    frame = pd.DataFrame(example, columns=list(features))
    with answering(settings) as client:
        mlflow.set_experiment(slot.name)
        with mlflow.start_run(tags=dict(record.tags)) as run:
            mlflow.log_params(dict(record.params))
            mlflow.log_metrics(dict(record.metrics))
            for file_name, figure in record.figures.items():
                mlflow.log_figure(figure, file_name)
            for file_name, text in record.texts.items():
                mlflow.log_text(text, file_name)
            logged = Model.log(
                artifact_path=None,
                name="model",
                flavor=SimpleNamespace(__name__="mlflow.sklearn", save_model=_save),
                sk_model=model,
                serialization_format="skops",
                skops_trusted_types=model_files.trusted_types(slot),
                pyfunc_predict_fn=record.answered_by,
                signature=_signature(features, record.outcomes),
                input_example=frame,
                pip_requirements=list(REQUIREMENTS),
            )
        answer = getattr(model, record.answered_by)
        digest = _digest_of_logged(logged.model_uri, answer, example, slot)
        _ensure_model(client, slot.name)
        version = client.create_model_version(
            slot.name,
            logged.model_uri,
            run_id=run.info.run_id,
            tags={**record.tags, DIGEST_TAG: digest},
            description=record.description,
            model_id=logged.model_id,
        )
    log.info("model_registered", model=slot.name, version=version.version, sha256=digest)
    return ModelPin(slot.name, str(version.version), digest, run.info.run_id, version.source or "")


def aliases_of(name: str, settings: Settings) -> dict[str, str]:
    """Return the version of each alias of a model; empty if there is no such model."""
    with answering(settings) as client:
        try:
            aliases = client.get_registered_model(name).aliases
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return {}
            raise
    return {str(alias): str(version) for alias, version in aliases.items()}


def set_alias(name: str, version: str, alias: str, settings: Settings) -> None:
    """Move an alias to a version, to promote a model or to roll it back."""
    with answering(settings) as client:
        client.set_registered_model_alias(name, alias, version)
    log.info("model_alias_moved", model=name, version=version, alias=alias)


def tag_version(name: str, version: str, tags: Mapping[str, str], settings: Settings) -> None:
    """Write tags on a model version, for instance a gate's verdict on it."""
    with answering(settings) as client:
        for key, value in tags.items():
            client.set_model_version_tag(name, version, key, value)


def attach(pin: ModelPin, file_name: str, text: str, settings: Settings) -> None:
    """Attach a text to a registered version, in place of any text of the same name."""
    with answering(settings) as client:
        client.log_text(pin.run_id, text, file_name)
    log.info("text_attached", model=pin.name, version=pin.version, file=file_name)


def _save(path: str, **options: Any) -> None:  # noqa: ANN401 - MLflow's own
    """Save a model as MLflow does, in a file whose bytes depend on the model alone."""
    mlflow.sklearn.save_model(path=path, **options)
    canonical_files.rewrite(Path(path) / MODEL_FILE)


def _signature(features: Sequence[str], outcomes: Sequence[str]) -> ModelSignature:
    # every column may be null: a feature without history has no value
    inputs = [ColSpec("double", name, required=False) for name in features]
    outputs = [ColSpec("double", name) for name in outcomes]
    return ModelSignature(Schema(inputs), Schema(outputs))


def _digest_of_logged(
    model_uri: str,
    answer: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    example: NDArray[np.float64],
    slot: ModelSlot,
) -> str:
    """Read a logged model back, compare its answers bit for bit, and return the file's SHA-256."""
    with tempfile.TemporaryDirectory(prefix="model-") as folder:
        mlflow.artifacts.download_artifacts(artifact_uri=model_uri, dst_path=folder)
        path = Path(folder) / MODEL_FILE
        model_files.check_folder(Path(folder), model_uri)
        copy = model_files.read(path, model_uri, slot)
        again = getattr(copy, answer.__name__)(example)
        if again.tobytes() != answer(example).tobytes():
            raise ModelUnavailableError(
                f"{model_uri}: the file read back gives other scores than the model that was "
                "written; nothing was registered"
            )
        return model_files.digest_of(path)


def _ensure_model(client: MlflowClient, name: str) -> None:
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
