"""Check that a history load does not change data that features or decisions have used."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from features.feeds import FEEDS, Feed
from features.feeds.readers import RUNS
from features.ingest import tables
from features.ingest.receipts import DeliveryReceipt
from features.ingest.refusals import HistoryRefusedError
from features.platform.database import certain

_IS_DECIDED = sql.SQL(
    "select exists (select from {runs} where state = 'published' and job = any(%s))"
).format(runs=tables.named(RUNS))


def check(connection: psycopg.Connection[Any], delivery: DeliveryReceipt) -> None:
    """Refuse a history load if it would change data that a reader of the feed has used.

    Raises:
        HistoryRefusedError: features were built or decisions published from this warehouse, or the
            feed takes no history.
    """
    feed = FEEDS[delivery.feed]
    if not feed.takes_history:
        raise HistoryRefusedError(
            f"{delivery.object_name} is a history load of {delivery.feed}, which takes none. "
            "Deliver the rows as a live file"
        )
    if use := _use_of(connection, feed):
        raise HistoryRefusedError(
            f"{delivery.object_name} is a history load of {delivery.feed}, but {use} from this "
            "warehouse: it would change the data that they were made from. Deliver the rows as a "
            "live file, or load the history into a fresh warehouse"
        )


def _use_of(connection: psycopg.Connection[Any], feed: Feed) -> str | None:
    """Return the trace of a reader that has used the feed, or None."""
    jobs = [reader.decided_by for reader in feed.read_by]
    row = connection.execute(_IS_DECIDED, (jobs,)).fetchone()
    (is_decided,) = certain("look for published runs", row)
    if is_decided:
        return "decisions were published"
    if any(tables.holds_rows(connection, reader.features) for reader in feed.read_by):
        return "features were built"
    return None
