"""Check the data of a run at its three gates: deliveries, features, decisions.

The gates write their verdicts into the audit, and admission and publishing read the verdicts there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

import psycopg

from expectations import suites
from expectations.errors import GateFailedError, GateUnavailableError
from expectations.runner import OpenGate
from expectations.suites import Suite
from expectations.validation import Validation
from features.ingest import DeliveryReceipt, hold
from features.ingest.deliveries import get
from features.platform import database
from features.platform.errors import BadDeliveryError, ContractError
from features.platform.objects import ObjectStore
from features.platform.progress import logged
from features.platform.settings import Settings
from scoring.runs import lifecycle, record
from scoring.runs.job import Job
from scoring.runs.record import State
from scoring.steps import recovery
from scoring.steps.ingest import intact


class DeliveryVerdict(StrEnum):
    """The verdict of the gate of deliveries; only those in `ADMITTED` let a delivery in."""

    PASSED = "passed"
    WARNED = "warned"
    NOTHING_TO_CHECK = "nothing_to_check"
    CLOSED = "closed"  # a feed whose rows only ingest may read: no gate can check it
    FAILED = "failed"


#: The verdicts with which a delivery is admitted. Every other verdict keeps it out.
ADMITTED = frozenset(
    (
        DeliveryVerdict.PASSED,
        DeliveryVerdict.WARNED,
        DeliveryVerdict.NOTHING_TO_CHECK,
        DeliveryVerdict.CLOSED,
    )
)


@dataclass(frozen=True, slots=True)
class DeliveryCheck:
    """The receipt of the gate about one delivery.

    Attributes:
        subject: the delivery.
        verdict: of its gate; a word that is no verdict keeps the delivery out.
        validation: the receipt of the validation; None where there was none.
    """

    subject: UUID
    verdict: str
    validation: dict[str, Any] | None = None

    @property
    def is_admitted(self) -> bool:
        """Whether the verdict lets the delivery in."""
        return self.verdict in ADMITTED

    def as_dict(self) -> dict[str, Any]:
        """Return the receipt as plain values, fit for JSON."""
        return {**(self.validation or {}), "subject": str(self.subject), "verdict": self.verdict}

    @classmethod
    def of(cls, receipt: dict[str, Any]) -> Self:
        """Return the check of a receipt that a task has left.

        Raises:
            ContractError: the receipt is not that of a gate.
        """
        try:
            return cls(UUID(str(receipt["subject"])), str(receipt["verdict"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ContractError(
                "the task `validate_raw` has left a receipt without a delivery and a verdict; "
                "nothing was admitted; next: clear `validate_raw` and everything after it"
            ) from error


def validate_deliveries(
    deliveries: Sequence[DeliveryReceipt], settings: Settings, store: ObjectStore
) -> list[DeliveryCheck]:
    """Check each parsed delivery; a delivery that fails is held with its reason, the rest goes on.

    Deliveries whose landed rows a server crash took are parsed again first. A delivery that passed
    before is not checked again: a retry continues at the first unchecked delivery.

    Raises:
        GateUnavailableError: the gate could not check a delivery; retry.
    """
    checks = []
    # a later crash ends this session, so no verdict about an emptied table holds a delivery
    with (
        database.connect(settings.warehouse, "ingest") as connection,
        OpenGate(settings.warehouse.url("score"), store) as gate,
    ):
        waiting = intact(connection, deliveries, settings, store)
        passed = gate.passed([str(delivery.delivery_id) for delivery in waiting])
        for delivery in logged(waiting, "deliveries_being_validated"):
            # held at its parsing, or taken by another run since
            if get(connection, delivery.delivery_id).state != "parsed":
                continue
            earlier = passed.get(delivery.landed_table or "")
            if delivery.feed in suites.CLOSED:
                checks.append(DeliveryCheck(delivery.delivery_id, DeliveryVerdict.CLOSED))
            elif earlier is not None and earlier.rows == delivery.rows_landed:
                checks.append(_checked(delivery, earlier))
            elif (validation := _validate_delivery(delivery, gate, connection)) is not None:
                checks.append(_checked(delivery, validation))
    return checks


def _checked(delivery: DeliveryReceipt, validation: Validation) -> DeliveryCheck:
    return DeliveryCheck(delivery.delivery_id, validation.verdict.value, validation.as_dict())


def _validate_delivery(
    delivery: DeliveryReceipt, gate: OpenGate, connection: psycopg.Connection[Any]
) -> Validation | None:
    """Check one delivery, and hold it where it fails; None where another run has moved it."""
    try:
        return gate.validate(
            suites.of_feed(delivery.feed),
            str(delivery.landed_table),
            expected_rows=delivery.rows_landed,
            subject=str(delivery.delivery_id),
        )
    except GateFailedError as error:
        try:
            hold(delivery.delivery_id, str(error), connection)
        except BadDeliveryError:  # another run has moved it meanwhile
            return None
        return error.validation
    except GateUnavailableError:
        if get(connection, delivery.delivery_id).state == "parsed":
            raise
        return None  # another run has moved it, and its landed table is gone


def validate_features(
    job: Job, run_id: UUID, settings: Settings, store: ObjectStore
) -> Validation | None:
    """Check the features of the claimed rows; None where the run is published already.

    A claim that a server crash took is made again first.

    Raises:
        ContractError: the run has failed.
        GateFailedError: a critical expectation does not hold.
        GateUnavailableError: the gate could not check; retry.
    """
    with database.connect(settings.warehouse, "score") as connection:
        run = record.load(connection, run_id)
        if run.state not in {State.FAILED, State.PUBLISHED}:
            recovery.restore_claim(connection, job, run)
        return _validate_run(
            connection, job.gates.features, run, run.tables.features, settings, store
        )


def validate_decisions(
    job: Job,
    run_id: UUID,
    settings: Settings,
    store: ObjectStore,
    score: Callable[[UUID], object],
) -> Validation | None:
    """Check the scored rows and mark the run validated; None where it is published already.

    Args:
        job: the run's job.
        run_id: the run.
        settings: of the warehouse.
        store: for the page of the validation.
        score: scores the run again, where a server crash took its scored rows.

    Raises:
        ContractError: the run is not scored, or has failed.
        GateFailedError: a critical expectation does not hold.
        GateUnavailableError: the gate could not check; retry.
    """
    with database.connect(settings.warehouse, "score") as connection:
        run = recovery.with_scores(connection, run_id, score)
        suite = job.gates.decisions
        if run.state is State.CLAIMED:
            raise _nothing_to_check(suite, run)
        validation = _validate_run(connection, suite, run, run.tables.decisions, settings, store)
        if validation is not None:
            lifecycle.mark_validated(connection, run.run_id)
        return validation


def _validate_run(
    connection: psycopg.Connection[Any],
    suite: Suite,
    run: record.Run,
    table: str,
    settings: Settings,
    store: ObjectStore,
) -> Validation | None:
    if run.state is State.PUBLISHED:
        return None
    if run.state is State.FAILED:
        raise _nothing_to_check(suite, run)
    try:
        with OpenGate(settings.warehouse.url("score"), store) as gate:
            return gate.validate(
                suite, table, expected_rows=run.rows_claimed, subject=str(run.run_id)
            )
    except GateFailedError:
        # a crash ends this session: then the gate has checked a table that the crash has emptied
        connection.execute("select")
        raise


def _nothing_to_check(suite: Suite, run: record.Run) -> ContractError:
    return ContractError(
        f"gate {suite.name} has nothing to check: run {run.run_id} is {run.state}; next: clear the "
        "task `admit` and everything after it"
    )
