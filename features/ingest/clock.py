"""Provide the ingest lock and the ledger clock, which only moves forward.

An admission of rows holds the lock. A claim of a window takes the lock to read the cut-off. So no
row can appear in the past of a decision. The lock is a row lock on the clock, which only the roles
of admission and claim can take.
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

#: A silent holder of the lock is frozen or disconnected. After this time the server ends its
#: session. The time is less than each role's lock_timeout, so a waiting session gets the lock.
STANDSTILL = "20s"


@dataclass(frozen=True, slots=True)
class Tick:
    """One step of the ledger clock: a delivery's sequence number and its rows' known_at."""

    delivery_seq: int
    known_at: datetime


@contextmanager
def whole(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Run the block in one transaction of its own.

    Raises:
        ConfigurationError: a transaction of the caller is open, so the block would not commit.
        OperationalError: the session has ended.
    """
    if connection.broken:
        raise psycopg.OperationalError("the session with the warehouse has ended")
    if connection.info.transaction_status != TransactionStatus.IDLE:
        raise ConfigurationError("ingest commits by itself: pass an idle connection")
    with connection.transaction():
        yield


def lock(connection: psycopg.Connection[Any]) -> None:
    """Take the ingest lock until the end of the transaction; the server ends an idle holder."""
    connection.execute("select raw.lock_ledger()")
    connection.execute(
        "select set_config('idle_in_transaction_session_timeout', %s, true)", (STANDSTILL,)
    )


def advance(connection: psycopg.Connection[Any], newest_occurred_at: datetime | None) -> Tick:
    """Move the clock forward by one delivery; the lock must be held.

    Args:
        connection: inside a transaction.
        newest_occurred_at: newest event of the rows, UTC; a row is never known before its event.
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
