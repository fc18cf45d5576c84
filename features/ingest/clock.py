"""The one ingest lock, and the clock that only grows.

Whoever admits rows holds the lock; whoever claims a window takes it to read the cut-off. So no row
can ever appear in the past of a decision. The lock is that of the clock's row, which only the roles
of these two can take.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from features.platform.errors import ConfigurationError

#: A holder that sends nothing for so long is frozen or cut off: the server ends its session and so
#: its transaction. Less than every role's lock_timeout, so that who waits for it gets through.
STANDSTILL = "20s"


@dataclass(frozen=True, slots=True)
class Tick:
    """One step of the ledger clock: the order of a delivery, and when its rows became known."""

    delivery_seq: int
    known_at: datetime


@contextmanager
def whole(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Do everything inside, or nothing.

    Raises:
        ConfigurationError: the caller's transaction is open, so that nothing would be committed.
        OperationalError: the session has ended.
    """
    if connection.broken:
        raise psycopg.OperationalError("the session with the warehouse has ended")
    if connection.info.transaction_status != TransactionStatus.IDLE:
        raise ConfigurationError("ingest commits by itself: pass an idle connection")
    with connection.transaction():
        yield


def lock(connection: psycopg.Connection[Any]) -> None:
    """Take the ingest lock until the transaction ends, which it must do without standing still."""
    connection.execute("select raw.lock_ledger()")
    connection.execute(
        "select set_config('idle_in_transaction_session_timeout', %s, true)", (STANDSTILL,)
    )


def advance(connection: psycopg.Connection[Any], newest_occurred_at: datetime | None) -> Tick:
    """Move the clock forward by one delivery; the lock must be held.

    Args:
        connection: inside a transaction.
        newest_occurred_at: a row cannot be known before it happened; UTC.
    """
    row = connection.execute(
        """
        update raw.ledger_clock
        set
            last_delivery_seq = last_delivery_seq + 1,
            last_known_at = greatest(
                clock_timestamp(), last_known_at + interval '1 microsecond', %s::timestamptz
            )
        returning last_delivery_seq, last_known_at
        """,
        (newest_occurred_at,),
    ).fetchone()
    if row is None:
        raise ConfigurationError("raw.ledger_clock is empty: apply the migrations")
    return Tick(*row)
