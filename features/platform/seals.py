"""Seals: what the register says of a delivery or a run, tied into one chain in `audit.seals`.

The database reads what it seals by itself and digests the rows that belong to it; closure reads
both again. A seal is the last statement of its transaction, because all others wait for the chain.
"""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

import psycopg

Kind = Literal["delivery", "run", "policy"]


def seal(connection: psycopg.Connection[Any], kind: Kind, subject: UUID) -> None:
    """Digest the rows of a delivery or a run, and seal what the register says of it now.

    Sealing again what has not changed changes nothing.

    Args:
        connection: of role `ingest` or `score`, inside the transaction that changed the register.
        kind: which register.
        subject: the id there.

    Raises:
        psycopg.errors.RaiseException: it was sealed for good, and has changed since.
    """
    connection.execute("select audit.seal(%s, %s)", (kind, subject))
