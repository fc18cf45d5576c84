"""Looks up versions of the registry by their number, and takes aliases away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from mlflow.exceptions import MlflowException

from features.platform.settings import Settings
from scoring.models.registry_client import answering, pin_of

if TYPE_CHECKING:
    from scoring.runs.pins import ModelPin

log = structlog.get_logger(__name__)

_ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")


def find(name: str, number: str, settings: Settings) -> ModelPin | None:
    """Return a version of a model, or None if the registry has none of this number.

    Raises:
        ModelUnavailableError: the registry does not answer, or the version carries no digest.
    """
    with answering(settings) as client:
        try:
            version = client.get_model_version(name, number)
        except MlflowException as error:
            if error.error_code in _ABSENT:
                return None
            raise
    return pin_of(version)


def drop_alias(name: str, alias: str, settings: Settings) -> None:
    """Take an alias away from whatever version has it."""
    with answering(settings) as client:
        client.delete_registered_model_alias(name, alias)
    log.info("model_alias_dropped", model=name, alias=alias)
