"""Orders a simulation: which decisions, under which policy, with which model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from features.platform.errors import ConfigurationError
from scoring.decision.policy import approval
from scoring.decision.policy import policy as policies
from scoring.decision.policy.policy import Policy
from scoring.decision.pricing import Pricing
from scoring.runs.job import Job
from scoring.runs.pins import ModelPin

if TYPE_CHECKING:
    from features.platform.objects import ObjectStore
    from features.platform.settings import Settings

#: How much worse a declined row may be than observed rows of its score: lenders' rule of thumb.
BAD_MULTIPLIER = 2.0


@dataclass(frozen=True, slots=True)
class Order:
    """The order to simulate a policy on the decisions of one job.

    Attributes:
        job: the job of the decisions.
        policy: the candidate.
        window: half-open, by event time.
        pin: the model that scores the rows anew; None: the scores of the ledger.
        bad_multiplier: the factor of the second assumption about declined rows.
    """

    job: Job
    policy: Policy
    window: tuple[datetime, datetime]
    pin: ModelPin | None = None
    bad_multiplier: float = BAD_MULTIPLIER

    @property
    def pricing(self) -> Pricing:
        """How the rows are priced and observed.

        Raises:
            ConfigurationError: no policy decides outcomes of the job.
        """
        if self.job.pricing is None:
            raise ConfigurationError(f"{self.job.name} has no outcomes that a policy decides")
        return self.job.pricing()


def candidate(name: str) -> Policy:
    """Read the candidate: a policy file by its path, or a version by its name.

    Raises:
        ConfigurationError: the file is missing or no policy, or a rule cannot run; names file,
            line, key and rule.
    """
    is_path = "/" in name or name.endswith((".yaml", ".yml"))
    policy = policies.read(_existing(Path(name))) if is_path else policies.load(name)
    approval.require_approvable(policy)
    return policy


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise ConfigurationError(
            f"there is no policy file {path}; name a file, or a version of "
            f"{', '.join(policies.versions())}"
        )
    return path


def jobs_for(policy: Policy, job: Job | None, jobs: list[Job]) -> list[Job]:
    """Return the jobs that a policy can be simulated on.

    Args:
        policy: the candidate.
        job: the named job, or None.
        jobs: all jobs.

    Raises:
        ConfigurationError: no policy decides outcomes of the named job, or this one does not.
    """
    deciding = [each for each in jobs if each.pricing is not None]
    if job is None:
        return [each for each in deciding if _decides(policy, each)]
    if job not in deciding:
        raise ConfigurationError(
            f"{job.name} approves and declines nothing, so no policy can be simulated on it; the "
            f"jobs that do are {', '.join(each.name for each in deciding)}"
        )
    if job.check_policy is not None:
        job.check_policy(policy)
    return [job]


def _decides(policy: Policy, job: Job) -> bool:
    try:
        if job.check_policy is not None:
            job.check_policy(policy)
    except ConfigurationError:
        return False
    return True


def model_pin(job: Job, version: str, settings: Settings, store: ObjectStore) -> ModelPin:
    """Return a version of the job's model, with its file in our own store.

    Raises:
        ConfigurationError: the text is no number, or the registry has no such version.
        ModelUnavailableError: the registry does not answer, or the file was altered.
    """
    # imports the registry's library, which takes seconds
    from scoring.models import registry, registry_versions

    if not re.fullmatch(r"[1-9][0-9]{0,8}", version):
        raise ConfigurationError(
            f"{version!r} is no model version: give the number that the model's page in MLflow has"
        )
    pin = registry_versions.find(job.slot.name, version, settings)
    if pin is None:
        raise ConfigurationError(
            f"model {job.slot.name} has no version {version}; `vesper models inventory` lists the "
            "versions"
        )
    registry.fetch(pin, settings, store)
    return pin
