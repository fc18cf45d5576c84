"""Call the steps of the core from a task: plain receipts in, plain receipts out.

Heavy imports stand inside the functions: a DAG file that names these steps must stay light to
parse. A receipt holds counts, versions and the window, never rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from orchestration import gates, links, run_request

if TYPE_CHECKING:
    from features.build import Selector
    from scoring.runs.request import Request
    from scoring.steps.pipeline import Pipeline

Receipt = dict[str, Any]
RUN = links.RUN_KEY


def pipeline(job: str) -> Pipeline:
    """Return the steps of a job on the warehouse of this process' settings."""
    from features.platform.settings import get_settings
    from scoring.domains import job_named
    from scoring.steps.pipeline import Pipeline

    return Pipeline(job_named(job), get_settings(), partial(run_request.has_ended, job))


def skip_without(feed: str) -> None:
    """End the task as skipped where no source delivers a feed."""
    from airflow.sdk.exceptions import AirflowSkipException

    from features.platform.settings import get_settings
    from features.sources.source_set import source_set

    settings = get_settings()
    if not source_set(settings).of_feed(feed):
        raise AirflowSkipException(f"the sources {settings.sources!r} deliver no {feed}")


def skip_without_model(job: str) -> None:
    """End the task as skipped where an optional training has made no model yet.

    The next training that finds enough data makes it, and then the job goes on by itself. If the
    registry does not answer, the claim acts as the policy says.
    """
    from airflow.sdk.exceptions import AirflowSkipException

    from features.platform.errors import ModelUnavailableError
    from features.platform.settings import get_settings
    from scoring.domains import job_named
    from scoring.models import registry

    declared = job_named(job)
    if declared.training is None or not declared.training.is_optional:
        return
    try:
        aliases = registry.aliases_of(declared.slot.name, get_settings())
    except ModelUnavailableError:
        return
    if registry.CHAMPION not in aliases:
        raise AirflowSkipException(
            f"{job} waits for its first model: train_models makes {declared.slot.name} when the "
            "history suffices"
        )


def ingest() -> list[Receipt]:
    """Parse the waiting files of the landing area; return one receipt per delivery."""
    from features.platform.settings import get_settings
    from features.platform.storage import object_store
    from scoring.steps.ingest import ingest as receive

    settings = get_settings()
    return [delivery.as_dict() for delivery in receive(settings, object_store(settings))]


def validate_raw(deliveries: Sequence[Receipt]) -> list[Receipt]:
    """Check each parsed delivery; a delivery that fails is held, and the rest goes on."""
    from features.ingest import DeliveryReceipt
    from features.platform.settings import get_settings
    from features.platform.storage import object_store
    from scoring.steps.gates import validate_deliveries

    settings = get_settings()
    received = [DeliveryReceipt.of(receipt) for receipt in deliveries]
    with gates.linked():
        checks = validate_deliveries(received, settings, object_store(settings))
    return [check.as_dict() for check in checks]


def admit(validations: Sequence[Receipt] | None) -> list[Receipt]:
    """Move every delivery that passed its gate into `raw`, each in one transaction.

    Args:
        validations: the receipts of `validate_raw`; None where the task did not run.

    Raises:
        ContractError: a delivery has not passed its gate, whatever its receipt says; names it.
    """
    from features.platform.settings import get_settings
    from features.platform.storage import object_store
    from scoring.steps.admit import admit as admit_checked
    from scoring.steps.gates import DeliveryCheck

    settings = get_settings()
    checks = None if validations is None else [DeliveryCheck.of(receipt) for receipt in validations]
    admitted = admit_checked(checks, settings, object_store(settings))
    return [delivery.as_dict() for delivery in admitted]


def claim(job: str, request: Request) -> Receipt:
    """Claim the window: cut-off, pins, and the count of its rows."""
    return pipeline(job).claim(request).receipt()


def hand_on(run: Receipt, context: Mapping[str, Any]) -> list[int]:
    """Leave the claim's receipt for the tasks after it; return the shards of the run.

    Airflow maps a task over the return value of another task, and over nothing else.
    """
    context["ti"].xcom_push(key=RUN, value=run)
    shards: list[int] = run["shards"]
    return shards


def build(selector: Selector) -> Receipt:
    """Append the features of every admitted version that has none."""
    from features.platform.settings import get_settings
    from scoring.steps.build import build as build_features

    built = build_features(selector, get_settings())
    return {"selector": selector, "rows_added": built.rows_added, "seconds": built.seconds}


def build_for(job: str) -> Receipt:
    """Build the features that a job reads."""
    from scoring.domains import job_named

    return build(job_named(job).view.selector)


def validate_features(job: str, run: Receipt) -> Receipt:
    """Check the claimed rows' features; a critical failure stops the run."""
    with gates.linked():
        return gates.receipt_of(pipeline(job).validate_features(UUID(run["run_id"])), run)


def score(job: str, run: Receipt, shard: int | None = None) -> Receipt:
    """Score, decide and explain the claimed rows of a shard, chunk by chunk.

    Args:
        job: the run's job.
        run: the receipt of the claim.
        shard: one of its `shards`, which may be scored at once; None scores all in order.
    """
    return pipeline(job).score(UUID(run["run_id"]), shard).receipt()


def validate_decisions(job: str, run: Receipt) -> Receipt:
    """Check the scored rows and mark the run validated; a critical failure stops the run."""
    with gates.linked():
        return gates.receipt_of(pipeline(job).validate_decisions(UUID(run["run_id"])), run)


def publish(job: str, run: Receipt) -> Receipt:
    """Move the run into the ledger, whole or not at all."""
    with gates.linked():
        return pipeline(job).publish(UUID(run["run_id"])).receipt()


def shadow(job: str, context: Mapping[str, Any]) -> Receipt:
    """Let the challenger decide the published rows once more; skip where it cannot begin."""
    from airflow.sdk.exceptions import AirflowSkipException

    claimed = run_receipt(context)
    found = pipeline(job).shadow(UUID(claimed["run_id"])) if claimed else None
    if found is None:
        raise AirflowSkipException("the run is not published, or no version is the challenger")
    return found.receipt()


def replay_sample(job: str, sample: int, seed_of: str) -> Receipt:
    """Replay a random sample of a job's decisions; fail where one does not come out the same."""
    import zlib

    from features.platform.errors import ContractError
    from features.platform.settings import get_settings
    from features.platform.storage import object_store
    from scoring.commands.replay import text_of
    from scoring.domains import job_named
    from scoring.evidence.replay import Selection
    from scoring.evidence.verification import verify

    settings = get_settings()
    selection = Selection(sample=sample, seed=zlib.crc32(seed_of.encode()))
    done = verify(job_named(job), selection, settings, object_store(settings))
    if not done.holds:
        raise ContractError(
            f"past decisions of {job} do not replay:\n{text_of(done)}\n"
            "next: `vesper explain` on the first of them; audit.events keeps this result"
        )
    return done.as_dict()


def fail_run(run_id: str | None, failure: str) -> bool:
    """Mark a run failed; return whether it was open."""
    from features.platform import database
    from features.platform.settings import get_settings
    from scoring.runs import lifecycle

    if run_id is None:
        return False
    with database.connect(get_settings().warehouse, "score") as connection:
        return lifecycle.fail(connection, UUID(run_id), failure)


def run_receipt(context: Mapping[str, Any]) -> Receipt | None:
    """Return the receipt of this DAG run's claim, if it got that far."""
    receipt: Receipt | None = context["ti"].xcom_pull(task_ids="admit", key=RUN)
    return receipt or None
