"""Discard deliveries whose files must be taken again, after a crash or a failure of the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
import structlog

from features.ingest import arrivals, deliveries, landing
from features.ingest.reasons import HoldReason
from features.platform import database
from features.sources.mapping import SourceFeed

log = structlog.get_logger(__name__)


def discard_lost(connection: psycopg.Connection[Any], source: str, feed: str) -> None:
    """Discard deliveries whose rows were lost in a crash of Postgres; ingest takes them again."""
    receipts = deliveries.matching(
        connection,
        "source = %s and feed = %s "
        "and (state = 'parsed' or state = 'held' and starts_with(reason, %s)) "
        "for update skip locked",  # another session that changes it has checked its table
        source,
        feed,
        f"{HoldReason.LANDED_ROWS_LOST}:",
    )
    for receipt in receipts:
        if receipt.state == "held" or not deliveries.has_landed_rows(connection, receipt):
            lost = deliveries.try_discard(connection, receipt, arrivals.LOST)
            if lost:
                landing.drop(connection, receipt.landed_table)
                log.warning("delivery_lost", delivery_id=str(receipt.delivery_id), feed=feed)


def are_lost(connection: psycopg.Connection[Any], delivery_ids: Sequence[UUID]) -> bool:
    """Return whether any of these deliveries has lost its landed rows in a crash of Postgres.

    `receive` takes their files again, under new ids.
    """
    (is_any,) = database.fetch_one(
        connection,
        "look for lost deliveries",
        """
        select exists (
            select from raw.deliveries
            where
                delivery_id = any(%s)
                and case state
                    -- a crash leaves an unlogged table without a page
                    when 'parsed' then
                        rows_in_file > rows_rejected + rows_duplicate
                        and coalesce(pg_relation_size(to_regclass(landed_table)), 0) = 0
                    when 'held' then starts_with(reason, %s)
                    when 'discarded' then reason = %s
                    else false
                end
        )
        """,
        (list(delivery_ids), f"{HoldReason.LANDED_ROWS_LOST}:", arrivals.LOST),
    )
    return bool(is_any)


def discard_unread(connection: psycopg.Connection[Any], feed: SourceFeed, object_name: str) -> None:
    """Discard the held delivery of an object that the store can now read."""
    receipts = deliveries.matching(
        connection,
        "source = %s and feed = %s and object_name = %s "
        "and state = 'held' and starts_with(reason, %s)",
        feed.source,
        feed.name,
        object_name,
        f"{HoldReason.STORE_FAILED}:",
    )
    for receipt in receipts:
        if deliveries.try_discard(connection, receipt, arrivals.TRIED_AGAIN):
            log.info("delivery_tried_again", delivery_id=str(receipt.delivery_id), feed=feed.name)
