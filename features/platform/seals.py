"""Seals the register's row of a delivery or a run into one chain in `audit.seals`.

The database itself reads the row that it seals and digests the rows that belong to it; closure
reads both again. A seal is the last statement of its transaction, because the chain is locked.
"""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

import psycopg

SealKind = Literal[
    "delivery",
    "run",
    "policy",
    "model validation",
    "model decision",
    "champion sighting",
    "training",
    "model gate",
    "policy exception",
]


def seal(connection: psycopg.Connection[Any], kind: SealKind, subject: UUID) -> None:
    """Digest the rows of a delivery or a run, and seal its present row of the register.

    Sealing an unchanged row again has no effect.

    Args:
        connection: of role `ingest` or `score`, inside the transaction that changed the register.
        kind: the register.
        subject: the id in the register.

    Raises:
        psycopg.errors.RaiseException: the row was sealed for good, and has changed since.
    """
    connection.execute("select audit.seal(%s, %s)", (kind, subject))
