"""Resolves the challenger of a job once, and loads it as a champion is loaded."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from scoring import domains
from scoring.models import registry
from scoring.runs.job import Job
from scoring.runs.pins import ModelPin
from scoring.runs.record import Run

if TYPE_CHECKING:
    from features.platform.objects import ObjectStore
    from features.platform.settings import Settings
    from scoring.decider import Decider


@dataclass(frozen=True, slots=True)
class Challenger:
    """The challenger of a job: its pin and the model of its file."""

    job: Job
    pin: ModelPin
    model: Any

    def decides(self, run: Run, settings: Settings) -> Decider:
        """Return the decider of a published run with this model and the run's own policy.

        Raises:
            ConfigurationError: the policy file differs from the one that the run has pinned.
        """
        pin = {key: str(value) for key, value in asdict(self.pin).items()}
        shadowed = replace(run, models={**run.models, self.job.slot.role: pin})
        return self.job.decides().decider_of(shadowed, self.model, settings)


def resolve(job: Job, settings: Settings) -> ModelPin | None:
    """Return the version that the alias `challenger` names at this moment, or None.

    Raises:
        ModelUnavailableError: the registry does not answer in time, or the version has no digest.
    """
    if job.model is None or registry.CHALLENGER not in registry.aliases_of(
        job.model.name, settings
    ):
        return None
    return registry.resolve(job.model.name, registry.CHALLENGER, settings)


def load(job: Job, pin: ModelPin, settings: Settings, store: ObjectStore) -> Challenger:
    """Copy the file of a challenger into our own store, check the file and load the model.

    Raises:
        ModelUnavailableError: the file cannot be fetched, was altered or is not trusted.
        ContractError: the model needs features that the view does not have.
    """
    registry.fetch(pin, settings, store)
    return Challenger(job, pin, domains.load_model(job, pin, settings, store))
