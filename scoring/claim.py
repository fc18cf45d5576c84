"""The claim step: resolve what a run decides with, once, and claim its window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import psycopg
import structlog

from features.errors import ModelUnavailableError
from features.objects import ObjectStore
from scoring import registry, runs
from scoring.decision import activations
from scoring.jobs import Job
from scoring.settings import Settings

log = structlog.get_logger(__name__)

CHAMPION = "champion"


def claim(
    job: Job, request: runs.Request, settings: Settings, store: ObjectStore
) -> dict[str, object]:
    """Claim a window with the champion and the policy of this moment; return the run's receipt.

    The model file is copied to our own store first: scoring and replay never ask the registry.

    Raises:
        ModelUnavailableError: there is no champion, or the registry does not answer, and the policy
            says to wait.
        ConfigurationError: no approved policy is in force.
        RunOpenError: another run of the job is open.
    """
    with psycopg.connect(settings.warehouse.conninfo("score"), autocommit=True) as connection:
        policy = activations.in_force(connection)
        try:
            models = {"fraud": _pin_champion(job, settings, store)}
        except ModelUnavailableError as error:
            if policy.on_model_unavailable == "wait":
                raise
            log.error("model_unavailable", model=job.model, reason=str(error))
            models = {"fraud": {"name": job.model, "version": "none", "sha256": ""}}
        pins = runs.Pins(
            models=models,
            policy_version=policy.version,
            policy_sha256=policy.sha256,
            feature_view=job.view.qualified,
            code_version=settings.code_version,
            lock_sha256=settings.lock_digest(),
        )
        return runs.claim(connection, job, request, pins).receipt()


def _pin_champion(job: Job, settings: Settings, store: ObjectStore) -> Mapping[str, str]:
    pin = registry.resolve(job.model, CHAMPION, settings)
    registry.fetch(pin, settings, store)
    return {key: str(value) for key, value in asdict(pin).items()}
