"""Receive and admit all feeds of a source set: step by step in a DAG, or at once in a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import psycopg
import structlog

from features.feeds import LoadKind
from features.ingest.admit import admit
from features.ingest.clock import whole
from features.ingest.deliveries import get
from features.ingest.limits import DEFAULT, Limits
from features.ingest.receipts import AdmitReceipt, DeliveryReceipt
from features.ingest.receive import receive
from features.ingest.refusals import AT_ADMISSION
from features.platform.errors import BadDeliveryError
from features.platform.objects import ObjectStore
from features.platform.progress import logged
from features.sources.descriptions import Sources

log = structlog.get_logger(__name__)


def receive_all(
    sources: Sources,
    store: ObjectStore,
    connection: psycopg.Connection[Any],
    *,
    load_kind: LoadKind | None = None,
    limits: Limits = DEFAULT,
) -> list[DeliveryReceipt]:
    """Parse the waiting files of every feed; rates first, then transactions, then labels.

    Returns:
        parsed and held deliveries, in the order of admission.
    """
    return [
        receipt
        for feed in sources.feeds.values()
        for receipt in receive(
            feed,
            store,
            connection,
            provenances=sources.provenance_rank,
            load_kind=load_kind,
            limits=limits,
        )
    ]


def admit_all(
    delivery_ids: Iterable[UUID],
    connection: psycopg.Connection[Any],
    sources: Sources,
    *,
    base_currency: str = "USD",
) -> list[AdmitReceipt]:
    """Admit deliveries in the given order, each in its own transaction.

    A refused delivery is held with its reason. A delivery that another run has admitted, held or
    discarded meanwhile is skipped. The other deliveries go on.

    Returns:
        the receipts of the admitted deliveries.
    """
    receipts = []
    for delivery_id in logged(list(delivery_ids), "deliveries_being_admitted"):
        try:
            receipts.append(admit(delivery_id, connection, sources, base_currency=base_currency))
        except AT_ADMISSION as refusal:
            log.warning(
                "delivery_refused", delivery_id=str(delivery_id), reason=str(refusal.reason)
            )
        except BadDeliveryError as error:
            log.info("delivery_not_waiting", delivery_id=str(delivery_id), reason=str(error))
    return receipts


def ingest_all(
    sources: Sources,
    store: ObjectStore,
    connection: psycopg.Connection[Any],
    *,
    base_currency: str = "USD",
    load_kind: LoadKind | None = None,
) -> tuple[list[DeliveryReceipt], list[AdmitReceipt]]:
    """Receive and admit all waiting files, without the gates in between.

    Returns:
        the receipts of all deliveries after that, and the receipts of the admitted deliveries.
    """
    received = receive_all(sources, store, connection, load_kind=load_kind)
    parsed = [receipt.delivery_id for receipt in received if receipt.state == "parsed"]
    admitted = admit_all(parsed, connection, sources, base_currency=base_currency)
    with whole(connection):
        return [get(connection, receipt.delivery_id) for receipt in received], admitted
