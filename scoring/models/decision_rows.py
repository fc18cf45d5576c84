"""Writes decisions about model versions into `audit.model_decisions`, each under its seal.

A training records a refit that it puts in force by itself; all other decisions come from persons,
see `scoring.promotion`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg

from features.platform import database, seals
from features.platform.errors import FencedError

_NEWEST = "select coalesce(max(decision_seq), 0) from audit.model_decisions where model = %s"
_INSERT = """
    insert into audit.model_decisions (
        decision_id, model, decision_seq, action, version, sha256, replaces_version, gate_id,
        verdict_sha256, person, reason, expires_at, source
    )
    values (
        %(decision_id)s, %(model)s, %(decision_seq)s, %(action)s, %(version)s, %(sha256)s,
        %(replaces_version)s, %(gate_id)s, %(verdict_sha256)s, %(person)s, %(reason)s,
        %(expires_at)s, %(source)s
    )
    on conflict (model, decision_seq) do nothing
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """A decision about a model version.

    Args:
        model: the registered name.
        version, sha256: the version that the decision is about.
        action: promote, reject, extend, rollback or override.
        person: who answers for it.
        reason: in words.
        source: command, airflow or training.
        replaces_version: the champion before; None if there is none, or if it stays.
        gate_id, verdict_sha256: the gate that a promotion rests on.
        expires_at: the end of an override.
    """

    model: str
    version: str
    sha256: str
    action: str
    person: str
    reason: str
    source: str
    replaces_version: str | None = None
    gate_id: UUID | None = None
    verdict_sha256: str | None = None
    expires_at: datetime | None = None


@contextmanager
def recorded(
    connection: psycopg.Connection[Any], row: DecisionRow, decision_seq: int
) -> Iterator[UUID]:
    """Record a decision with what the body does: of two at once, the second is refused before it.

    The body moves the alias. If it fails, nothing is recorded. If the process dies between the body
    and the commit, the alias names a version without a decision, and the claim refuses it.

    Args:
        connection: of role `score`.
        row: the decision.
        decision_seq: the number after the newest decision that the person has seen.

    Yields:
        Its id.

    Raises:
        FencedError: another person has decided about the model meanwhile.
    """
    decision_id = uuid4()
    values = asdict(row) | {"decision_id": decision_id, "decision_seq": decision_seq}
    with database.named("record a decision about a model"), connection.transaction():
        # waits for the other decision of this number, if its transaction is under way
        if not connection.execute(_INSERT, values).rowcount:
            raise FencedError(
                f"another decision about {row.model} was recorded at this moment; nothing was moved"
            )
        yield decision_id
        seals.seal(connection, "model decision", decision_id)


def newest(connection: psycopg.Connection[Any], model: str) -> int:
    """Return the number of the newest decision about a model; 0 without one."""
    (number,) = database.fetch_one(
        connection, "read the newest decision about a model", _NEWEST, (model,)
    )
    return int(number)
