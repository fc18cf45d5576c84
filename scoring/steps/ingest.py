"""Receive the waiting files: parse them into landed tables, and again after a server crash."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

from features.ingest import DeliveryReceipt, receive_all
from features.ingest.lost_deliveries import are_lost
from features.platform.objects import ObjectStore
from features.platform.settings import Settings
from features.sources.source_set import source_set


def ingest(settings: Settings, store: ObjectStore) -> list[DeliveryReceipt]:
    """Parse the waiting files of the landing area; return one receipt per delivery."""
    with psycopg.connect(settings.warehouse.conninfo("ingest"), autocommit=True) as connection:
        return receive_all(source_set(settings), store, connection)


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
