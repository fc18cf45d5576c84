"""Replace a held delivery by a new parse of the same file, in one transaction.

A person asks for it, or the description of the feed has changed. The held delivery becomes
discarded and keeps its row, its rejected rows and its seals. The new delivery names it in
`retry_of`, and keeps its place in the order of arrival.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import psycopg
import structlog

from features.feeds import LoadKind
from features.ingest import deliveries, landing
from features.ingest.arrivals import Arrival
from features.ingest.reasons import HoldReason
from features.ingest.receipts import DeliveryReceipt
from features.ingest.waiting import belongs, is_safe
from features.platform.errors import BadDeliveryError
from features.platform.objects import ObjectInfo, ObjectStore
from features.sources.mapping import SourceFeed

log = structlog.get_logger(__name__)

#: Prefix of the reason of a discarded delivery whose file was parsed again.
RETRIED = "taken again as "
_UNREAD = "name:"  # the digest of bytes that were not read


def held_under_another(
    connection: psycopg.Connection[Any],
    feed: SourceFeed,
    description: str,
    load_kind: LoadKind | None,
) -> list[DeliveryReceipt]:
    """Return the deliveries of a feed that were held under another description, oldest first.

    A delivery without a digest is older than this table's column: only a person retries it.
    """
    receipts = deliveries.matching(
        connection,
        "source = %s and feed = %s and state = 'held' and description_sha256 <> %s "
        "and not starts_with(reason, %s) order by coalesce(first_seen_at, received_at)",
        feed.source,
        feed.name,
        description,
        f"{HoldReason.UNSAFE_NAME}:",
    )
    return [held for held in receipts if load_kind in (None, held.load_kind)]


def object_of(held: DeliveryReceipt, feed: SourceFeed, store: ObjectStore) -> ObjectInfo:
    """Return the object of a held delivery.

    Raises:
        BadDeliveryError: the delivery cannot be parsed again; names the reason and the next step.
    """
    check_held(held)
    if held.reason and held.reason.startswith(f"{HoldReason.UNSAFE_NAME}:"):
        raise BadDeliveryError(
            f"delivery {held.delivery_id} was never opened because of its name: deliver the file "
            "under another name, and discard this delivery"
        )
    if not held.object_name.startswith(f"{feed.folder}/") or not is_safe(held.object_name):
        raise BadDeliveryError(
            f"{held.object_name} is outside the folder {feed.folder} of {feed.name}: deliver the "
            f"file there, and discard delivery {held.delivery_id}"
        )
    if not belongs(held.object_name, feed):
        raise BadDeliveryError(
            f"{held.object_name} is no file of {feed.name} any more, by `files` of its source: "
            f"discard delivery {held.delivery_id}"
        )
    for info in store.list(held.object_name):
        if info.name == held.object_name:
            return info
    raise BadDeliveryError(vanished(held))


def check_held(delivery: DeliveryReceipt) -> None:
    """Refuse to parse the file of a delivery that is not held.

    Raises:
        BadDeliveryError: it is parsed, admitted or discarded; names the next step.
    """
    steps = {
        "parsed": "it waits for its gate: `vesper ingest` admits it",
        "admitted": "its rows are in raw: a correction comes as a new file",
        "discarded": "deliver the file again",
    }
    if delivery.state == "held":
        return
    if delivery.state == "discarded" and (delivery.reason or "").startswith(RETRIED):
        raise BadDeliveryError(f"delivery {delivery.delivery_id} was {delivery.reason}")
    raise BadDeliveryError(
        f"delivery {delivery.delivery_id} of {delivery.feed} is {delivery.state}, not held; "
        f"{steps[delivery.state]}"
    )


def vanished(held: DeliveryReceipt) -> str:
    """Return the message for a held delivery whose file is gone."""
    return (
        f"{held.object_name} of delivery {held.delivery_id} is gone: deliver the file again, or "
        "discard the delivery"
    )


@contextmanager
def replacing(
    connection: psycopg.Connection[Any], held: DeliveryReceipt | None, arrival: Arrival
) -> Iterator[UUID]:
    """Yield the id of a new delivery, which replaces a held one at the end of the block.

    Args:
        connection: inside the transaction that registers the new delivery.
        held: the delivery to replace; None for the first parse of a file.
        arrival: the file as it was read now.

    Raises:
        BadDeliveryError: another session has moved the held delivery, or its file has changed.
    """
    new_id = uuid4()
    if held is None:
        yield new_id
        return
    check_held(deliveries.claimed(connection, held.delivery_id))
    _check_same_bytes(connection, held, arrival)
    yield new_id
    _keep_repeats(connection, held.delivery_id, new_id)
    reason = f"{RETRIED}{new_id}; held before: {held.reason}"
    if not deliveries.try_discard(connection, held, reason):
        raise BadDeliveryError(f"delivery {held.delivery_id} was moved by another session")
    landing.drop(connection, held.landed_table)
    log.info("delivery_retried", delivery_id=str(held.delivery_id), retried_as=str(new_id))


def _check_same_bytes(
    connection: psycopg.Connection[Any], held: DeliveryReceipt, arrival: Arrival
) -> None:
    row = connection.execute(
        "select content_sha256 from raw.deliveries where delivery_id = %s", (held.delivery_id,)
    ).fetchone()
    digests = {row[0] if row else _UNREAD, arrival.sha256}
    if len(digests) > 1 and not any(digest.startswith(_UNREAD) for digest in digests):
        raise BadDeliveryError(
            f"{held.object_name} has other bytes than delivery {held.delivery_id} had: ingest "
            "takes the file as a new delivery; discard this one"
        )


def _keep_repeats(connection: psycopg.Connection[Any], held: UUID, new_id: UUID) -> None:
    """Give the repeats of the held delivery to the new one: they count for its place."""
    connection.execute(
        "insert into raw.repeated_deliveries (delivery_id, object_name, seen_at, arrived_at, "
        "changed_at, object_tag) select %s, object_name, seen_at, arrived_at, changed_at, "
        "object_tag from raw.repeated_deliveries where delivery_id = %s",
        (new_id, held),
    )
