"""List the jobs of the product, and make the decider of a run: the composition of the domains.

Runs, steps, evidence and commands know no domain, and domains know no other domain.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from expectations import suites
from expectations.suites import Suite
from features.platform.errors import ConfigurationError, ContractError, ModelUnavailableError
from scoring.credit.job import JOB as SCORE_APPLICATIONS
from scoring.demand.job import JOB as FORECAST_DEMAND
from scoring.fraud.job import JOB as SCORE_TRANSACTIONS
from scoring.runs.job import Job
from scoring.runs.pins import ModelPin
from scoring.segments.job import JOB as SEGMENT_CUSTOMERS
from scoring.spending.job import JOB as FORECAST_SPENDING
from scoring.stock.job import JOB as PLAN_STOCK
from scoring.value.job import JOB as VALUE_CUSTOMERS

if TYPE_CHECKING:
    from features.platform.objects import ObjectStore
    from features.platform.settings import Settings
    from scoring.decider import Decider
    from scoring.runs.record import Run

#: By name, in the order in which people read about them.
JOBS: dict[str, Job] = {
    job.name: job
    for job in (
        SCORE_TRANSACTIONS,
        SCORE_APPLICATIONS,
        SEGMENT_CUSTOMERS,
        VALUE_CUSTOMERS,
        FORECAST_SPENDING,
        FORECAST_DEMAND,
        PLAN_STOCK,
    )
}


#: The suites of all gates, by name.
SUITES: dict[str, Suite] = {
    suite.name: suite
    for suite in (
        *suites.RAW.values(),
        *(suite for job in JOBS.values() for suite in (job.gates.features, job.gates.decisions)),
    )
}


def job_named(name: str) -> Job:
    """Return a job by its name.

    Raises:
        ConfigurationError: there is no such job; names those that exist.
    """
    if name not in JOBS:
        raise ConfigurationError(f"there is no job {name!r}; the jobs are {', '.join(JOBS)}")
    return JOBS[name]


def decider_for_run(job: Job, run: Run, settings: Settings, store: ObjectStore) -> Decider:
    """Return the decider of a run; without the model that it needs, every row will be degraded.

    Where the challenger of a split run is gone, the champion decides alone.

    Raises:
        ConfigurationError: the pinned policy is not the file that was pinned, or decides nothing of
            this job.
        ContractError: the model needs features that the view does not have.
    """
    import structlog

    try:
        return decider_for_replay(job, run, settings, store)
    except ModelUnavailableError as error:
        # the rows are decided all the same, each as a review or stricter, counted as degraded
        structlog.get_logger(__name__).error(
            "model_unavailable", model=run.models[job.slot.role].get("name"), reason=str(error)
        )
        champion_alone = {
            role: pin for role, pin in run.models.items() if role != job.slot.challenger_role
        }
        if champion_alone != run.models:
            alone = replace(run, models=champion_alone)
            return decider_for_run(job, alone, settings, store)
        return job.decides().decider_of(run, None, settings)


def decider_for_replay(job: Job, run: Run, settings: Settings, store: ObjectStore) -> Decider:
    """Return the decider of a run with exactly the files that the run pinned.

    Raises:
        ModelUnavailableError: the pinned model file is gone or altered.
        ConfigurationError, ContractError: as for `decider_for_run`.
    """
    # the job has no model, or the policy allowed a run without it
    if job.model is None or (pin := run.pin(job.model.role)) is None:
        return job.decides().decider_of(run, None, settings)
    decider = job.decides().decider_of(run, load_model(job, pin, settings, store), settings)
    if job.model.challenger_role not in run.models:
        return decider
    return _split(job, run, decider, settings, store)


def _split(
    job: Job, run: Run, champion: Decider, settings: Settings, store: ObjectStore
) -> Decider:
    """Return the decider of a run that champion and challenger decide together."""
    from scoring.decision.policy import policy
    from scoring.split_decider import SplitDecider

    pin = ModelPin.of(run.models[job.slot.challenger_role])
    split = policy.load(run.policy_version, run.policy_sha256).split_of(pin.name)
    if split is None:
        raise ConfigurationError(
            f"run {run.run_id} pins a challenger, and its policy {run.policy_version} has no split"
        )
    own = {job.slot.role: run.models[job.slot.challenger_role]}
    model = load_model(job, pin, settings, store)
    challenger = job.decides().decider_of(replace(run, models=own), model, settings)
    return SplitDecider(run, job, split, champion, challenger, pin.version)


def load_model(job: Job, pin: ModelPin, settings: Settings, store: ObjectStore) -> Any:  # noqa: ANN401
    """Load a pinned model of a job from the object store, and check the features that it needs.

    Raises:
        ModelUnavailableError: the file is gone or altered, or holds a type off the list.
        ContractError: the model needs features that the view does not have.
    """
    from scoring.models import model_files

    model = model_files.load(pin, store, settings.work / "models", job.slot)
    if unknown := sorted(set(model.features) - set(job.view.columns)):
        raise ContractError(
            f"{pin} needs features that the view "
            f"{job.view.qualified} does not have: {', '.join(unknown[:5])}; nothing was "
            "scored. Move the alias to a version that was trained on this view, and claim the "
            "window again"
        )
    return model
