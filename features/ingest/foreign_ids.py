"""Check that two sources of one warehouse do not give one id to two different things.

A row with the id of an earlier row and other content is a correction. Two tills that both count
from 1 would correct each other, and each would lose its rows. So such a delivery is held.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from features.ingest import versions
from features.ingest.deliveries import RELEASED
from features.ingest.receipts import DeliveryReceipt
from features.ingest.refusals import ForeignIdsError
from features.platform.database import certain
from features.sources.mapping import SourceFeed

# `fresh` holds the admitted rows; the register names the source of the version before each
_CORRECTED = sql.SQL(
    """
    select count(*), string_agg(distinct deliveries.source, ', ')
    from fresh
    inner join {versions} as versions
        on versions.{id} = fresh.{id} and versions.version = fresh.version - 1
    inner join raw.deliveries as deliveries on deliveries.delivery_seq = versions.delivery_seq
    where fresh.version > 1 and deliveries.source <> %s
    """
)


def check(connection: psycopg.Connection[Any], delivery: DeliveryReceipt, feed: SourceFeed) -> None:
    """Refuse a delivery that would correct rows of another source, unless it may.

    Args:
        connection: inside the transaction of the admission, after its rows were written.
        delivery: that is admitted; a person may have released it in spite of its ids.
        feed: of its rows.

    Raises:
        ForeignIdsError: rows have ids of another source with other content.
    """
    is_released = (delivery.reason or "").startswith(RELEASED)
    if feed.declaration.versions is None or feed.shares_ids or is_released:
        return
    names = versions.names_of(feed.declaration)
    row = connection.execute(_CORRECTED.format(**names), (delivery.source,)).fetchone()
    rows, others = certain("look for ids of other sources", row)
    if rows:
        key = feed.declaration.subject.name
        raise ForeignIdsError(
            f"{rows:,} rows have a {key} under which {others} delivered other content, so they "
            f"would replace those rows. If the ids of {delivery.source} are its own, state "
            f"`prefix` for {key} under `columns` of {delivery.source}, and for its labels; if the "
            "rows are corrections, state `shares_ids: true`, or release this delivery"
        )
