"""Deliveries that must be taken again: a crash took their rows, or the store could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
import structlog

from features.ingest import arrivals, deliveries, landing
from features.ingest.reasons import HoldReason
from features.sources.feeds import Feed

log = structlog.get_logger(__name__)


def discard_lost(connection: psycopg.Connection[Any], source: str, feed: str) -> None:
    """Give up deliveries whose rows a crash of Postgres took; their files are taken again."""
    found = deliveries.matching(
        connection,
        "source = %s and feed = %s "
        "and (state = 'parsed' or state = 'held' and starts_with(reason, %s)) "
        "for update skip locked",  # another session moves it, and has looked at its table
        source,
        feed,
        f"{HoldReason.LANDED_ROWS_LOST}:",
    )
    for receipt in found:
        if receipt.state == "held" or not deliveries.is_whole(connection, receipt):
            lost = deliveries.try_discard(connection, receipt, arrivals.LOST)
            if lost:
                landing.drop(connection, receipt.landed_table)
                log.warning("delivery_lost", delivery_id=str(receipt.delivery_id), feed=feed)


def are_lost(connection: psycopg.Connection[Any], delivery_ids: Sequence[UUID]) -> bool:
    """Return whether a crash of Postgres took the landed rows of any of these deliveries.

    `receive` takes their files again, under other ids.
    """
    row = connection.execute(
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
    ).fetchone()
    return bool(row and row[0])


def discard_unread(connection: psycopg.Connection[Any], feed: Feed, object_name: str) -> None:
    """Give up the hold of an object that the store could not read before, and can read now."""
    found = deliveries.matching(
        connection,
        "source = %s and feed = %s and object_name = %s "
        "and state = 'held' and starts_with(reason, %s)",
        feed.source,
        feed.name,
        object_name,
        f"{HoldReason.STORE_FAILED}:",
    )
    for receipt in found:
        if deliveries.try_discard(connection, receipt, arrivals.TRIED_AGAIN):
            log.info("delivery_tried_again", delivery_id=str(receipt.delivery_id), feed=feed.name)
