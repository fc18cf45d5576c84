"""Parse waiting files into landed tables; every row gets a verdict, and each file is atomic."""

from __future__ import annotations

from typing import Any

import psycopg
import structlog

from features.feeds import LoadKind
from features.ingest import deliveries, lost_deliveries, retries
from features.ingest.clock import whole
from features.ingest.limits import DEFAULT, Limits
from features.ingest.receipts import DeliveryReceipt
from features.ingest.take import Intake, now_of, take
from features.ingest.waiting import new_objects
from features.platform.errors import BadDeliveryError
from features.platform.objects import ObjectStore
from features.platform.progress import logged
from features.sources.mapping import SourceFeed

log = structlog.get_logger(__name__)


def receive(
    feed: SourceFeed,
    store: ObjectStore,
    connection: psycopg.Connection[Any],
    *,
    provenances: tuple[str, ...] = (),
    load_kind: LoadKind | None = None,
    limits: Limits = DEFAULT,
) -> list[DeliveryReceipt]:
    """Parse the waiting files of one feed into landed tables.

    An unreadable file is held with its reason, and the other files go on. A file that was held
    under another description is parsed again.

    Args:
        feed: the feed and the description of its files.
        store: the store of the files.
        connection: of role ingest, without an open transaction.
        provenances: permitted provenances of labels, best first.
        load_kind: take only history loads or only live files; None takes both, history first.
        limits: sizes beyond which a file is held.

    Returns:
        the parsed deliveries that wait for admission, in order of arrival, then the deliveries that
        this call held.
    """
    intake = Intake(feed, store, connection, provenances, limits)
    with whole(connection):
        lost_deliveries.discard_lost(connection, feed.source, feed.name)
        mended = retries.held_under_another(connection, feed, intake.description, load_kind)
        now = now_of(connection)
    fresh = [_take_mended(held, intake) for held in logged(mended, "deliveries_being_retried")]
    objects = new_objects(feed, store, connection, now, load_kind)
    fresh += [take(info, intake) for info in logged(objects, "deliveries_being_parsed")]
    with whole(connection):
        parsed = deliveries.waiting(connection, feed.source, feed.name)
    if load_kind is not None:
        parsed = [receipt for receipt in parsed if receipt.load_kind == load_kind]
    return parsed + [receipt for receipt in fresh if receipt and receipt.state == "held"]


def retry(
    held: DeliveryReceipt,
    feed: SourceFeed,
    store: ObjectStore,
    connection: psycopg.Connection[Any],
    *,
    provenances: tuple[str, ...] = (),
    limits: Limits = DEFAULT,
) -> DeliveryReceipt:
    """Parse the file of a held delivery again under the present description.

    Args:
        held: the delivery; it is discarded in the transaction that registers the new one.
        feed: the feed and the description of its files.
        store: the store of the files.
        connection: of role ingest, without an open transaction.
        provenances: permitted provenances of labels, best first.
        limits: sizes beyond which a file is held.

    Returns:
        the delivery that replaces it: parsed, or held with the reason of now.

    Raises:
        BadDeliveryError: the delivery is not held, or its file is gone or has other bytes now.
    """
    intake = Intake(feed, store, connection, provenances, limits)
    info = retries.object_of(held, feed, store)
    if (receipt := take(info, intake, held)) is None:
        raise BadDeliveryError(f"delivery {held.delivery_id} is taken by another run: look again")
    return receipt


def _take_mended(held: DeliveryReceipt, intake: Intake) -> DeliveryReceipt | None:
    """Parse a held file again; leave a delivery as it is whose file cannot be taken any more."""
    feed, store, connection = intake.feed, intake.store, intake.connection
    try:
        return retry(
            held, feed, store, connection, provenances=intake.provenances, limits=intake.limits
        )
    except BadDeliveryError as error:
        log.info("delivery_not_retried", delivery_id=str(held.delivery_id), reason=str(error))
        return None
