"""Opens the model registry for one request, and reads its versions; the base of `registry`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import mlflow
from mlflow import MlflowClient
from mlflow.environment_variables import (
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR,
    MLFLOW_HTTP_REQUEST_MAX_RETRIES,
    MLFLOW_HTTP_REQUEST_TIMEOUT,
    MLFLOW_RECORD_ENV_VARS_IN_MODEL_LOGGING,
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT,
)
from mlflow.exceptions import MlflowException

from features.platform.errors import ModelUnavailableError
from features.platform.settings import Settings
from scoring.runs.pins import ModelPin

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

DIGEST_TAG = "model_sha256"
_DIGEST = re.compile(r"[0-9a-f]{64}")


@contextmanager
def answering(settings: Settings) -> Iterator[MlflowClient]:
    """Yield a client that fails within seconds, with a message that names the next step."""
    MLFLOW_HTTP_REQUEST_TIMEOUT.set(settings.registry.timeout_seconds)
    MLFLOW_HTTP_REQUEST_MAX_RETRIES.set(1)
    MLFLOW_RECORD_ENV_VARS_IN_MODEL_LOGGING.set(False)
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR.set(False)
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT.set(True)
    mlflow.set_tracking_uri(settings.registry.tracking_uri)
    mlflow.set_registry_uri(settings.registry.tracking_uri)
    try:
        yield MlflowClient(settings.registry.tracking_uri)
    except (MlflowException, OSError) as error:
        raise ModelUnavailableError(
            f"the model registry at {settings.registry.tracking_uri} failed "
            f"({type(error).__name__}: {str(error)[:200]}); check that MLflow runs: `make status`"
        ) from error


def pin_of(version: ModelVersion) -> ModelPin:
    """Return the pin of a registered version.

    Raises:
        ModelUnavailableError: it carries no digest.
    """
    name = version.name
    digest = version.tags.get(DIGEST_TAG, "")
    if not _DIGEST.fullmatch(digest):
        raise ModelUnavailableError(
            f"model {name} version {version.version} carries no tag {DIGEST_TAG} with a SHA-256: "
            "`vesper train` did not register it; move the alias to a version with it"
        )
    return ModelPin(name, str(version.version), digest, version.run_id or "", version.source or "")
