"""Receive the waiting files: parse them into landed tables, and again where that is needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

from features.feeds import LoadKind
from features.ingest import DeliveryReceipt, receive_all
from features.ingest.lost_deliveries import are_lost
from features.platform import database
from features.platform.objects import ObjectStore
from features.platform.settings import Settings
from features.sources.source_set import source_set


def ingest(
    settings: Settings, store: ObjectStore, load_kind: LoadKind | None = None
) -> list[DeliveryReceipt]:
    """Parse the waiting files of the landing area; return one receipt per delivery.

    Args:
        settings: of the warehouse and the sources.
        store: of the files.
        load_kind: parse only the files of this kind; None parses all files.
    """
    with database.connect(settings.warehouse, "ingest") as connection:
        return receive_all(source_set(settings), store, connection, load_kind=load_kind)


def intact(
    connection: psycopg.Connection[Any],
    deliveries: Sequence[DeliveryReceipt],
    settings: Settings,
    store: ObjectStore,
) -> Sequence[DeliveryReceipt]:
    """Return the deliveries; receive them again if a server crash took landed rows.

    Args:
        connection: of role `ingest`; it is open from before the check to after the use, so that a
            later crash ends it.
        deliveries: the receipts of `ingest`.
        settings: of the sources.
        store: of the files.
    """
    ids = [delivery.delivery_id for delivery in deliveries]
    return ingest(settings, store) if are_lost(connection, ids) else deliveries
