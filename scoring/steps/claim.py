"""Claim a window: resolve the pins of its run once, and fix its cut-off."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import psycopg
import structlog

from features.platform import code_version, database, libraries
from features.platform.errors import ContractError, ModelUnavailableError
from features.platform.objects import ObjectStore
from features.platform.settings import Settings
from scoring import domains
from scoring.decision.policy import activations, approval
from scoring.decision.policy.policy import Policy
from scoring.models import registry
from scoring.promotion import effective, participation
from scoring.runs import idle_readers, lifecycle, record
from scoring.runs.job import Job, ModelSlot
from scoring.runs.pins import ModelPin, Pins, pin_of_nothing
from scoring.runs.request import Request
from scoring.steps import precedence

log = structlog.get_logger(__name__)

CHAMPION = "champion"
#: How long a window waits for the job's open run. A manual run in the middle of a backfill gets its
#: turn between two windows, and one stuck run cannot block the others.
PATIENCE = timedelta(minutes=10)
_POLL_SECONDS = 2.0


def claim(
    job: Job,
    request: Request,
    settings: Settings,
    store: ObjectStore,
    has_ended: Callable[[str], bool] = lambda _: False,
    *,
    pins: Pins | None = None,
) -> record.Run:
    """Claim a window with the champion and the policy of this moment.

    The model file is copied to our own store first: scoring and replay never ask the registry. A
    version that the alias names and that may not decide is refused; the last effective champion
    decides instead, see `promotion.effective`.

    Args:
        job: the job.
        request: the window and its requester.
        settings: of the warehouse and the registry.
        store: for the model file.
        has_ended: says of the requester of an open run whether it has ended. Such a run is failed,
            and this claim does not wait for it.
        pins: the pins of the run; None pins the champion and the policy in force.

    Raises:
        ModelUnavailableError: there is no champion, or the registry does not answer, and the policy
            says to wait.
        ConfigurationError: no approved policy is in force, or it cannot run; or other libraries are
            installed than the lock file says.
        CodeChangedError: the code or the libraries have changed under this process.
        RunOpenError: another run of the job was open for all of `PATIENCE`.
        NotPublishedError: the job that this one follows has not published the window.
    """
    return in_turn(
        lambda: _claim(job, request, settings, store, pins),
        give_up=lambda run: fail_left(run, has_ended, settings),
    )


def in_turn(
    claim_window: Callable[[], record.Run],
    patience: timedelta = PATIENCE,
    give_up: Callable[[record.Run], bool] = lambda _: False,
) -> record.Run:
    """Claim, and while another run of the job is open, wait and try again.

    Args:
        claim_window: tries once.
        patience: how long to try.
        give_up: fails the open run if its requester has ended; returns whether it did.

    Raises:
        RunOpenError: it was open for all that time.
    """
    deadline = time.monotonic() + patience.total_seconds()
    is_logged = False
    while True:
        try:
            return claim_window()
        except lifecycle.RunOpenError as reason:
            if give_up(reason.run):
                continue
            if time.monotonic() >= deadline:
                raise
            if not is_logged:
                log.info("window_waits", reason=str(reason), minutes=patience.total_seconds() / 60)
                is_logged = True
            time.sleep(_POLL_SECONDS)


def fail_left(left: record.Run, has_ended: Callable[[str], bool], settings: Settings) -> bool:
    """Fail an open run whose requester has ended; return whether it did.

    Args:
        left: the open run.
        has_ended: as of `claim`.
        settings: of the warehouse.
    """
    if not has_ended(left.requested_by):
        return False
    with database.connect(settings.warehouse, "score") as connection:
        cause = f"{left.requested_by}, which had requested it, ended without publishing it"
        has_failed = lifecycle.fail(connection, left.run_id, cause)
    log.warning("run_given_up", run_id=str(left.run_id), requested_by=left.requested_by)
    return has_failed


def _claim(
    job: Job,
    request: Request,
    settings: Settings,
    store: ObjectStore,
    pins: Pins | None,
) -> record.Run:
    with database.connect(settings.warehouse, "score") as connection:
        idle_readers.end(connection)
        precedence.require(connection, job, request, settings)
        pins = pins or _pins_of_now(connection, job, settings, store)
        return lifecycle.claim(
            connection,
            job,
            request,
            pins,
            chunk_rows=settings.chunk_rows,
            max_shards=settings.max_shards,
        )


def _pins_of_now(
    connection: psycopg.Connection[Any], job: Job, settings: Settings, store: ObjectStore
) -> Pins:
    policy = activations.in_force(connection)
    approval.require_runnable(policy)
    if job.check_policy is not None:
        job.check_policy(policy)
    return Pins(
        models=_models(connection, job, policy, settings, store),
        policy_version=policy.version,
        policy_sha256=policy.sha256,
        feature_view=job.view.qualified,
        code_version=code_version.pinned(settings.code_version),
        lock_sha256=libraries.lock_digest(settings.lock_file),
    )


def _models(
    connection: psycopg.Connection[Any],
    job: Job,
    policy: Policy,
    settings: Settings,
    store: ObjectStore,
) -> dict[str, Mapping[str, str]]:
    """Return the pins of a job's models by role; nothing for a job without a model."""
    slot = job.model
    if slot is None:
        return {}
    try:
        champion = _champion(connection, slot, settings, store)
    except ModelUnavailableError as error:
        if policy.on_model_unavailable == "wait":
            raise
        log.error("model_unavailable", model=slot.name, reason=str(error))
        return {slot.role: pin_of_nothing(slot.name)}
    challenger = _challenger(connection, job, champion, policy, settings, store)
    return {slot.role: _stored(champion), **challenger}


def _challenger(
    connection: psycopg.Connection[Any],
    job: Job,
    champion: ModelPin,
    policy: Policy,
    settings: Settings,
    store: ObjectStore,
) -> dict[str, Mapping[str, str]]:
    """Return the pin of the challenger by its role, if the policy lets it decide a share."""
    split = policy.split_of(champion.name)
    if split is None:
        return {}
    (is_over,) = database.fetch_one(
        connection, "read the clock", "select clock_timestamp() >= %s", (split.until,)
    )
    if is_over:
        log.info("split_is_over", model=champion.name, until=split.until.isoformat())
        return {}
    try:
        pin = participation.challenger(connection, champion, settings, store)
        domains.load_model(job, pin, settings, store)
    except (ModelUnavailableError, ContractError) as error:
        log.warning("split_without_challenger", model=champion.name, reason=str(error))
        return {}
    stated = {"share": str(split.share), "sample_size": str(split.sample_size)}
    return {job.slot.challenger_role: _stored(pin) | stated}


def _champion(
    connection: psycopg.Connection[Any], slot: ModelSlot, settings: Settings, store: ObjectStore
) -> ModelPin:
    named = registry.resolve(slot.name, CHAMPION, settings)
    return effective.champion(connection, named, settings, store)


def _stored(pin: ModelPin) -> dict[str, str]:
    return {key: str(value) for key, value in asdict(pin).items()}
