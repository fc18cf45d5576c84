"""Ends the readers whose transactions stand for too long, before a run begins.

A transaction that stays open keeps vacuum from its work in the whole warehouse.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import structlog

from features.platform import database

log = structlog.get_logger(__name__)

#: Longer than a reader's own timeouts let a transaction last, unless it has lifted them.
PATIENCE = timedelta(minutes=30)


def end(connection: psycopg.Connection[Any], patience: timedelta = PATIENCE) -> int:
    """End the sessions of readers whose transaction has been open for too long; return how many.

    Args:
        connection: of role `score`.
        patience: for how long a transaction may be open.
    """
    ended: int
    (ended,) = database.fetch_one(
        connection, "end idle readers", "select audit.end_standing_readers(%s)", (patience,)
    )
    if ended:
        log.warning("standing_readers_ended", sessions=ended, minutes=patience.total_seconds() / 60)
    return ended
