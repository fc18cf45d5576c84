"""What the tasks of a scoring DAG call: each opens what a step of the core needs, and calls it.

Heavy imports stand inside the functions: a DAG file that names these steps must stay light to
parse. Each returns a receipt (counts, versions, window), never rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from orchestration import requests

if TYPE_CHECKING:
    from features.build import Selector
    from scoring.runs.request import Request

Receipt = dict[str, Any]
RUN = "run"  # the key under which `admit` leaves the receipt of what it claimed


def skip_without(feed: str) -> None:
    """End the task as skipped where no source delivers what it would work on."""
    from airflow.sdk.exceptions import AirflowSkipException

    from features.platform.settings import get_settings
    from features.sources.source_set import source_set

    settings = get_settings()
    if feed not in source_set(settings).feeds:
        raise AirflowSkipException(f"the sources {settings.sources!r} deliver no {feed}")


def ingest() -> list[Receipt]:
    """Parse what waits in the landing area into `landed`; return one receipt per delivery."""
    import psycopg

    from features.ingest import receive_all
    from features.platform.settings import get_settings
    from features.platform.storage import object_store
    from features.sources.source_set import source_set

    settings = get_settings()
    with psycopg.connect(settings.warehouse.conninfo("ingest"), autocommit=True) as connection:
        receipts = receive_all(source_set(settings), object_store(settings), connection)
    return [receipt.as_dict() for receipt in receipts]


def admit_deliveries(validations: Sequence[Receipt] | None) -> list[Receipt]:
    """Move every delivery that passed its gate into `raw`, each in one transaction.

    Where a crash of the server has taken the rows of one, its file is parsed and looked at again.

    Args:
        validations: what `validate_raw` has left; None where the task did not run.

    Raises:
        ContractError: a delivery has not passed its gate, whatever was left says; names it.
    """
    import psycopg

    from features.ingest import admit_all
    from features.platform.settings import get_settings
    from features.sources.source_set import source_set
    from orchestration import admission

    settings = get_settings()
    # a crash from here on ends this session, and no emptied table is taken for a delivery
    with psycopg.connect(settings.warehouse.conninfo("ingest"), autocommit=True) as connection:
        passed = admission.passed(connection, validations)
        receipts = admit_all(
            passed,
            connection,
            source_set(settings),
            base_currency=settings.warehouse.base_currency,
        )
    return [receipt.as_dict() for receipt in receipts]


def claim(job: str, request: Request) -> Receipt:
    """Claim the window: cut-off, pins, and the count of its rows."""
    from features.platform.settings import get_settings
    from features.platform.storage import object_store
    from scoring.domains import JOBS
    from scoring.steps.claim import claim as claim_window

    settings = get_settings()
    return claim_window(
        JOBS[job], request, settings, object_store(settings), partial(requests.has_ended, job)
    )


def hand_on(run: Receipt, context: Mapping[str, Any]) -> list[int]:
    """Leave the claim's receipt for the tasks after it; return the shards of the run.

    Airflow maps a task over what another one returns, and over nothing else that it leaves.
    """
    context["ti"].xcom_push(key=RUN, value=run)
    shards: list[int] = run["shards"]
    return shards


def build(selector: Selector) -> Receipt:
    """Append the features of every admitted version that has none."""
    from features.build import build as run_dbt
    from features.platform.settings import get_settings
    from features.sources.source_set import source_set

    settings = get_settings()
    variables = source_set(settings).dbt_variables(settings.warehouse.base_currency)
    built = run_dbt(selector, settings.warehouse, settings.work, variables)
    return {"selector": selector, "rows_added": built.rows_added, "seconds": built.seconds}


def score(run: Receipt, shard: int | None = None) -> Receipt:
    """Score, decide and explain the claimed rows of a shard, chunk by chunk.

    Args:
        run: the receipt of the claim.
        shard: one of its `shards`, which may be scored at once; all, one after the other, if None.
    """
    from features.platform.settings import get_settings
    from features.platform.storage import object_store
    from scoring.steps import score as step

    settings = get_settings()
    store, run_id = object_store(settings), UUID(run["run_id"])
    if shard is None:
        return step.run(run_id, settings, store)
    return step.run_shard(run_id, settings, store, shard)


def publish(run: Receipt) -> Receipt:
    """Move the run into the ledger, whole or not at all.

    Raises:
        WarehouseUnavailableError: a crash of the server took the scored rows just now; retry.
    """
    from features.platform.errors import WarehouseUnavailableError
    from features.platform.settings import get_settings
    from features.platform.storage import object_store
    from orchestration import recovery
    from scoring.steps.publish import RowsLostError
    from scoring.steps.publish import publish as publish_run

    settings = get_settings()
    conninfo = settings.warehouse.conninfo("score")
    recovery.restore_validated(run)
    try:
        return publish_run(UUID(run["run_id"]), conninfo, object_store(settings))
    except RowsLostError as error:
        raise WarehouseUnavailableError(str(error)) from error


def replay_sample(job: str, sample: int, seed_of: str) -> Receipt:
    """Replay a random sample of a job's decisions; fail where one does not come out the same."""
    import zlib

    from features.platform.errors import ContractError
    from features.platform.settings import get_settings
    from features.platform.storage import object_store
    from scoring.commands.replay import text_of
    from scoring.domains import JOBS
    from scoring.evidence.replay import Selection
    from scoring.evidence.verification import verify

    settings = get_settings()
    selection = Selection(sample=sample, seed=zlib.crc32(seed_of.encode()))
    done = verify(JOBS[job], selection, settings, object_store(settings))
    if not done.holds:
        raise ContractError(
            f"past decisions of {job} do not replay:\n{text_of(done)}\n"
            "next: `python -m scoring explain` on the first of them; audit.events keeps this result"
        )
    return done.as_dict()


def fail_run(run_id: str | None, failure: str) -> bool:
    """Mark a run failed; return whether it was open."""
    import psycopg

    from features.platform.settings import get_settings
    from scoring.runs import lifecycle

    if run_id is None:
        return False
    conninfo = get_settings().warehouse.conninfo("score")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        return lifecycle.fail(connection, UUID(run_id), failure)


def run_receipt(context: Mapping[str, Any]) -> Receipt | None:
    """Return the receipt of this DAG run's claim, if it got that far."""
    receipt: Receipt | None = context["ti"].xcom_pull(task_ids="admit", key=RUN)
    return receipt or None
