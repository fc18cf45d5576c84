"""The pins of a run: the exact files and versions that it decides with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

MODEL_FILE = "model.skops"
_NO_VERSION = "none"  # stored in the pin of a run that the policy allowed without its model


@dataclass(frozen=True, slots=True)
class ModelPin:
    """The identity of one model file, which a run stamps on every decision."""

    name: str
    version: str
    sha256: str
    run_id: str
    source: str

    @classmethod
    def of(cls, pin: Mapping[str, Any]) -> Self:
        """Return the pin that a run has stored."""
        return cls(**{key: str(pin.get(key, "")) for key in cls.__slots__})

    def __str__(self) -> str:
        return f"model {self.name} version {self.version}"

    @property
    def object_name(self) -> str:
        """The name of the file in the object store."""
        return f"models/{self.sha256}/{MODEL_FILE}"


def pin_of_nothing(name: str) -> dict[str, str]:
    """Return the stored pin of a run that decides without its model."""
    return {"name": name, "version": _NO_VERSION, "sha256": ""}


def pin_of(models: Mapping[str, Mapping[str, Any]], role: str) -> ModelPin | None:
    """Return the pinned model of a role, or None where the run decides without it."""
    pin = models[role]
    return None if pin.get("version") == _NO_VERSION else ModelPin.of(pin)


@dataclass(frozen=True, slots=True)
class Pins:
    """The pins of a run, fixed at its claim."""

    models: Mapping[str, Mapping[str, str]]
    policy_version: str
    policy_sha256: str
    feature_view: str
    code_version: str
    lock_sha256: str
