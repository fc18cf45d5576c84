"""The shadow of a published run: the challenger decides its rows once more; no decision changes.

The challenger is resolved once, at the start. The step never raises an error of its own: a failing,
slow or hostile challenger is recorded beside the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from features.platform import database
from features.platform.errors import ConfigurationError
from scoring.models import challengers, gate_plan
from scoring.runs import record
from scoring.runs.job import Job
from scoring.runs.pins import ModelPin
from scoring.runs.record import Run, State
from scoring.shadow import challenger, ledger, standing
from scoring.shadow import run as shadows

if TYPE_CHECKING:
    from features.platform.objects import ObjectStore
    from features.platform.settings import Settings

log = structlog.get_logger(__name__)

STEP = "shadow"


@dataclass(frozen=True, slots=True)
class Period:
    """The published runs to shadow, by their windows.

    Attributes:
        start: windows that end after it; None with no `end` means: runs since the training.
        end: windows that begin before it; None: no bound.
    """

    start: datetime | None = None
    end: datetime | None = None


def shadow(job: Job, run_id: UUID, settings: Settings, store: ObjectStore) -> ledger.Shadow | None:
    """Decide the rows of a published run with the challenger of this moment; never raise.

    Returns:
        The shadow; None where the run is not published, no challenger exists, or the warehouse
        could keep no record.
    """
    try:
        with database.connect(settings.warehouse, "score") as connection:
            run = record.load(connection, run_id)
    except Exception as error:  # noqa: BLE001 - a shadow fails no task
        log.error("shadow_failed", run_id=str(run_id), cause=shadows.cause_of(error))
        return None
    if job.model is None or run.state is not State.PUBLISHED:
        return None
    try:
        pin = challenger.resolve(job, settings)
        skip = _expiry(pin, settings) if pin else None
    except Exception as error:  # noqa: BLE001 - as above
        unnamed = ModelPin(job.model.name, "", "", "", "")
        return shadows.record_failure(run, unnamed, settings, error)
    if pin is None:
        return None
    order = replace(_order(job, pin, settings, store), skip=skip)
    return shadows.shadow(run, order, settings)


def shadow_published(
    job: Job, settings: Settings, store: ObjectStore, period: Period
) -> tuple[ModelPin, Iterator[ledger.Shadow]]:
    """Shadow the published runs that the challenger of this moment has not shadowed, oldest first.

    Args:
        job: a job with a model.
        settings: of the warehouse and the registry.
        store: for the model file.
        period: the runs.

    Returns:
        The challenger, and the shadow of each run as it ends.

    Raises:
        ConfigurationError: the job has no model, or no version has the alias `challenger`.
        ModelUnavailableError: the registry does not answer, or the file is not trusted.
        ContractError: the model needs features that the view does not have.
    """
    slot = job.slot
    if (pin := challenger.resolve(job, settings)) is None:
        raise ConfigurationError(
            f"{slot.name} has no version with the alias 'challenger': train one with "
            f"`vesper train {job.name}`, or set the alias on the model's page in MLflow"
        )
    order = _order(job, pin, settings, store)
    order.load()
    found = (
        shadows.shadow(run, order, settings) for run in _without_shadow(job, pin, settings, period)
    )
    return pin, (each for each in found if each is not None)


def _expiry(pin: ModelPin, settings: Settings) -> str | None:
    """Return why the shadow of a challenger is over, by its gate plan; None while it goes on."""
    if (plan := gate_plan.load(pin.name)) is None:
        return None
    with database.connect(settings.warehouse, "score") as connection:
        expired = standing.expired_at(connection, pin, plan.shadow.longest_days)
    if expired is None:
        return None
    return (
        f"the shadow of {pin} ended on {expired:%Y-%m-%d}, after {plan.shadow.longest_days} days; "
        "promote or reject it, or extend its shadow: `vesper models reject --extend`"
    )


def _order(job: Job, pin: ModelPin, settings: Settings, store: ObjectStore) -> shadows.Order:
    return shadows.Order(job, pin, cache(lambda: challenger.load(job, pin, settings, store)))


def _without_shadow(job: Job, pin: ModelPin, settings: Settings, period: Period) -> list[Run]:
    with database.connect(settings.warehouse, "score") as connection:
        trained = challengers.find(connection, pin)
        is_bound = period.start is not None or period.end is not None
        run_ids = database.fetch_all(
            connection,
            f"look for runs of {job.name} without a shadow",
            "select run_id from decisions.runs where job = %(job)s and state = 'published' "
            "and rows_claimed > 0 "
            "and window_end > coalesce(%(start)s, '-infinity'::timestamptz) "
            "and window_start < coalesce(%(end)s, 'infinity'::timestamptz) "
            "and published_at >= coalesce(%(since)s, '-infinity'::timestamptz) "
            "and not exists (select from decisions.shadow_runs where shadow_runs.run_id = "
            "runs.run_id and model = %(model)s and version = %(version)s "
            "and sha256 = %(sha256)s and shadow_runs.state = any(%(ended)s)) "
            "order by window_start, published_at",
            {
                "job": job.name,
                "start": period.start,
                "end": period.end,
                "since": None if is_bound or trained is None else trained.trained_at,
                "model": pin.name,
                "version": pin.version,
                "sha256": pin.sha256,
                "ended": list(ledger.ENDED),
            },
        )
        return [record.load(connection, run_id) for (run_id,) in run_ids]
