"""Admit the deliveries that passed their gate, each in one transaction.

The audit says which gate has checked a delivery. A receipt between two tasks can be marked, cleared
or lost by hand; a verdict in the audit cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg

from expectations import suites
from features.ingest import AdmitReceipt, admit_all, deliveries
from features.ingest.lost_deliveries import are_lost
from features.platform import database
from features.platform.errors import ContractError
from features.platform.objects import ObjectStore
from features.platform.settings import Settings
from features.sources.descriptions import Sources
from features.sources.source_set import source_set
from scoring.runs import verdicts
from scoring.runs.verdicts import Gate
from scoring.steps.gates import DeliveryCheck, validate_deliveries
from scoring.steps.ingest import ingest


def admit(
    checks: Sequence[DeliveryCheck] | None,
    settings: Settings,
    store: ObjectStore,
    sources: Sources | None = None,
) -> list[AdmitReceipt]:
    """Move every delivery that passed its gate into `raw`, in the order of receipt.

    Rates come before the rows that need them. A delivery that a person has released needs no
    verdict, and a delivery of a closed feed has none. Deliveries whose landed rows a server crash
    took are received and checked again.

    Args:
        checks: the receipts of the gate; None where the gate did not run.
        settings: of the warehouse and the sources.
        store: of the files.
        sources: the source descriptions; None loads those of the settings.

    Raises:
        ContractError: the gate left no receipts, or a delivery that they call passed has no such
            verdict in the audit; names it.
    """
    # a later crash ends this session, so no emptied table is admitted as a delivery
    with database.connect(settings.warehouse, "ingest") as connection:
        return admit_all(
            _passed(connection, checks, settings, store),
            connection,
            sources or source_set(settings),
            base_currency=settings.warehouse.base_currency,
        )


def _passed(
    connection: psycopg.Connection[Any],
    checks: Sequence[DeliveryCheck] | None,
    settings: Settings,
    store: ObjectStore,
) -> list[UUID]:
    if checks is None:
        raise ContractError(
            "the task `validate_raw` has left nothing, so no gate has checked the deliveries; "
            "nothing was admitted; next: clear `validate_raw` and everything after it"
        )
    ids = _admitted(checks)
    if are_lost(connection, ids):
        ids = _admitted(validate_deliveries(ingest(settings, store), settings, store))
    _require_verdicts(ids, settings)
    return ids


def _admitted(checks: Sequence[DeliveryCheck]) -> list[UUID]:
    return [check.subject for check in checks if check.is_admitted]


def _require_verdicts(delivery_ids: Sequence[UUID], settings: Settings) -> None:
    with database.connect(settings.warehouse, "score") as connection:
        faults = verdicts.missing(connection, _gates(connection, delivery_ids))
    if faults:
        raise ContractError(
            f"deliveries have not passed their gates: {'; '.join(faults)}. Nothing was admitted "
            "(audit.validation_results holds the verdicts); next: clear `validate_raw` and "
            "everything after it"
        )


def _gates(connection: psycopg.Connection[Any], delivery_ids: Sequence[UUID]) -> list[Gate]:
    """Return the gates of the deliveries that wait to be admitted."""
    rows = connection.execute(
        "select feed, delivery_id::text, landed_table, "
        "rows_in_file - rows_rejected - rows_duplicate from raw.deliveries "
        "where delivery_id = any(%s) and state = 'parsed' "
        "and not coalesce(starts_with(reason, %s), false)",
        (list(delivery_ids), deliveries.RELEASED),
    )
    return [
        Gate(suites.of_feed(feed).name, subject, table, count)
        for feed, subject, table, count in rows
        if feed not in suites.CLOSED
    ]
