"""Parse the files of held deliveries again, by the decision of a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from features.ingest import DeliveryReceipt, deliveries
from features.ingest.clock import whole
from features.ingest.receive import retry as parse_again
from features.platform import database
from features.platform.errors import BadDeliveryError
from features.platform.objects import ObjectStore
from features.platform.settings import Settings
from features.sources.descriptions import Sources


@dataclass(frozen=True, slots=True)
class Retries:
    """The outcome of one call.

    Args:
        taken: the new deliveries, parsed or held again.
        refused: by held delivery, the reason why its file was not parsed.
    """

    taken: Sequence[DeliveryReceipt]
    refused: dict[UUID, str]


def retry(
    settings: Settings, store: ObjectStore, sources: Sources, delivery: UUID | None
) -> Retries:
    """Parse the file of one held delivery again, or the files of all held deliveries of a source.

    With all, a delivery that cannot be retried is named, and the others go on.

    Args:
        settings: of the warehouse.
        store: of the files.
        sources: the descriptions to parse by.
        delivery: the held delivery; None for all.

    Raises:
        ConfigurationError: there is no such delivery.
        BadDeliveryError: the one delivery cannot be retried; names the reason and the next step.
    """
    taken, refused = [], {}
    with database.connect(settings.warehouse, "ingest", autocommit=False) as connection:
        for held in _selected(connection, sources, delivery):
            try:
                taken.append(_retried(held, store, connection, sources))
            except BadDeliveryError as error:
                if delivery is not None:
                    raise
                refused[held.delivery_id] = str(error)
    return Retries(taken, refused)


def _selected(
    connection: psycopg.Connection[Any], sources: Sources, delivery: UUID | None
) -> list[DeliveryReceipt]:
    with whole(connection):
        if delivery is not None:
            return [deliveries.get(connection, delivery)]
        return deliveries.matching(
            connection,
            "source = any(%s) and state = 'held' "
            "order by load_kind = 'live', coalesce(arrived_at, received_at)",
            [feed.source for feed in sources.feeds.values()],
        )


def _retried(
    held: DeliveryReceipt,
    store: ObjectStore,
    connection: psycopg.Connection[Any],
    sources: Sources,
) -> DeliveryReceipt:
    feed = sources.described(held.source, held.feed)
    if feed is None:
        raise BadDeliveryError(
            f"delivery {held.delivery_id} is a file of {held.feed} of source {held.source!r}, "
            f"which the set {sources.name!r} does not describe: name its set with --source"
        )
    return parse_again(held, feed, store, connection, provenances=sources.provenance_rank)
