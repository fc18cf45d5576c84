"""What the gate tasks of a DAG call: validate, and leave a link to the page even where it fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

from orchestration.links import XCOM_KEY
from orchestration.steps import Receipt

if TYPE_CHECKING:
    import psycopg

    from expectations import OpenGate, Validation


def validate_raw(deliveries: Sequence[Receipt]) -> list[Receipt]:
    """Check each parsed delivery; one that fails is held with its reason, and the rest goes on.

    Where a crash of the server has taken what was parsed, it is parsed again first. A delivery that
    passed before is not checked again: a retry goes on where the last try ended.
    """
    import psycopg

    from expectations import OpenGate, suites
    from features.ingest.deliveries import get
    from features.platform.progress import logged
    from features.platform.settings import get_settings
    from features.platform.storage import object_store
    from orchestration import admission

    settings = get_settings()
    receipts = []
    # a crash from here on ends this session, and no verdict on an emptied table holds a delivery
    with (
        psycopg.connect(settings.warehouse.conninfo("ingest"), autocommit=True) as connection,
        OpenGate(settings.warehouse.url("score"), object_store(settings)) as gate,
    ):
        waiting = admission.standing(connection, deliveries)
        passed = gate.passed([delivery["delivery_id"] for delivery in waiting])
        for delivery in logged(waiting, "deliveries_being_validated"):
            # held at its parsing, or taken by another run of a DAG since
            if get(connection, UUID(delivery["delivery_id"])).state != "parsed":
                continue
            before = passed.get(delivery["landed_table"])
            if delivery["feed"] in suites.CLOSED:
                receipts.append({"subject": delivery["delivery_id"], "verdict": "not_looked_at"})
            elif before is not None and before.rows == delivery["rows_landed"]:
                receipts.append(before.as_dict())
            else:
                validation = _validate_delivery(delivery, gate, connection)
                if validation is not None:
                    receipts.append(validation.as_dict())
    return receipts


def _validate_delivery(
    delivery: Receipt, gate: OpenGate, connection: psycopg.Connection[Any]
) -> Validation | None:
    """Check one delivery, and hold it where it fails; None where another run has moved it."""
    from expectations import GateFailedError, GateUnavailableError
    from features.ingest import hold
    from features.ingest.deliveries import get
    from features.platform.errors import BadDeliveryError

    delivery_id = UUID(delivery["delivery_id"])
    try:
        return gate.validate(
            f"raw.{delivery['feed']}",
            delivery["landed_table"],
            expected_rows=delivery["rows_landed"],
            subject=delivery["delivery_id"],
        )
    except GateFailedError as error:
        try:
            hold(delivery_id, str(error), connection)
        except BadDeliveryError:  # another run of a DAG has moved it meanwhile
            return None
        return error.validation
    except GateUnavailableError:
        if get(connection, delivery_id).state == "parsed":
            raise
        return None  # another run has moved it, and its landed table is gone


def validate_run(suite: str, run: Receipt) -> Receipt:
    """Check the claimed rows' features, or their decisions; a critical failure stops the run.

    What a crash of the server has taken of these rows is made again first.

    Raises:
        ContractError: the run is not as far as its gate, or has failed.
        GateFailedError: a critical expectation does not hold.
        GateUnavailableError: the gate could not look; retry.
    """
    import psycopg

    from expectations import GateFailedError, validate
    from features.platform.errors import ContractError
    from features.platform.settings import get_settings
    from features.platform.storage import object_store
    from orchestration import recovery
    from scoring.runs import lifecycle

    settings = get_settings()
    is_features = suite.startswith("features.")
    with psycopg.connect(settings.warehouse.conninfo("score"), autocommit=True) as connection:
        restored = recovery.run_with_claim if is_features else recovery.run_with_scores
        found = restored(connection, run)
        if found.state == "published":
            return run
        if found.state == "failed" or (found.state == "claimed" and not is_features):
            raise ContractError(
                f"gate {suite} has nothing to look at: run {found.run_id} is {found.state}; next: "
                "clear the task `admit` and everything after it"
            )
        with _linked():
            try:
                validation = validate(
                    suite,
                    found.tables.features if is_features else found.tables.decisions,
                    expected_rows=found.rows_claimed,
                    subject=run["run_id"],
                    url=settings.warehouse.url("score"),
                    store=object_store(settings),
                )
            except GateFailedError:
                # a crash ends this session: then the gate has seen what the crash has emptied
                connection.execute("select")
                raise
        if not is_features:
            lifecycle.mark_validated(connection, found.run_id)
    return validation.as_dict()


@contextmanager
def _linked() -> Iterator[None]:
    """Push the validation's id before a gate's error goes on: a failed task returns no receipt."""
    from airflow.sdk import get_current_context

    from expectations import GateFailedError, GateUnavailableError

    try:
        yield
    except (GateFailedError, GateUnavailableError) as error:
        if error.validation is not None:
            found = str(error.validation.validation_id)
            get_current_context()["ti"].xcom_push(key=XCOM_KEY, value=found)
        raise
