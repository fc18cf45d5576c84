"""Reads and writes the comparisons of champion and challenger in `audit.model_gates`.

Each row is sealed, so closure sees a verdict that was added or changed behind the platform.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from features.platform import database, seals
from features.platform.errors import FencedError
from scoring.runs.pins import ModelPin

_COLUMNS = (
    *("gate_id", "job", "model", "champion_version", "champion_sha256", "challenger_version"),
    *("challenger_sha256", "plan_sha256", "feature_view", "used_until", "window_start"),
    *("window_end", "label_as_of", "weeks", "rows", "events", "customers", "effective_rows"),
    *("verdict", "tests", "verdict_sha256", "requested_by"),
)
_READ = f"select {', '.join(_COLUMNS)}, gated_at from audit.model_gates"  # noqa: S608 - our names
_INSERT = (
    f"insert into audit.model_gates ({', '.join(_COLUMNS)}) values "  # noqa: S608 - our names
    f"({', '.join(f'%({name})s' for name in _COLUMNS)}) returning gated_at"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One comparison, as it is recorded.

    Attributes:
        gate_id: the key.
        job: the job of both models.
        model: the registered model.
        champion_version: with `champion_sha256`, the version that decides.
        champion_sha256: of its file.
        challenger_version: with `challenger_sha256`, the version under test.
        challenger_sha256: of its file.
        plan_sha256: of the gate plan.
        feature_view: whose rows both models have scored.
        used_until: the end of the window before; None for the first gate of the model.
        window_start: first moment of the fresh weeks.
        window_end: first moment after them.
        label_as_of: later labels were ignored.
        weeks: of the window.
        rows: that were compared.
        events: among the rows.
        customers: with a row.
        effective_rows: rows of equal weight that give the same precision.
        verdict: `better`, `not worse`, `worse` or `cannot tell`.
        tests: the whole comparison as plain values.
        verdict_sha256: its hash.
        requested_by: the person, or `schedule`.
        gated_at: by the clock of the warehouse; None before it is written.
    """

    gate_id: UUID
    job: str
    model: str
    champion_version: str
    champion_sha256: str
    challenger_version: str
    challenger_sha256: str
    plan_sha256: str
    feature_view: str
    used_until: datetime | None
    window_start: datetime
    window_end: datetime
    label_as_of: datetime
    weeks: int
    rows: int
    events: int
    customers: int
    effective_rows: float
    verdict: str
    tests: Mapping[str, Any]
    verdict_sha256: str
    requested_by: str
    gated_at: datetime | None = None


def newest(connection: psycopg.Connection[Any], model: str) -> Gate | None:
    """Return the gate that has used up the newest weeks of a model, or None."""
    return _one(
        connection, "where model = %(model)s order by window_end desc limit 1", {"model": model}
    )


def of_pair(
    connection: psycopg.Connection[Any], champion: ModelPin, challenger: ModelPin, plan_sha256: str
) -> Gate | None:
    """Return the newest gate of two files by a plan, or None."""
    return _one(
        connection,
        "where model = %(model)s and champion_version = %(champion)s and champion_sha256 = "
        "%(champion_sha256)s and challenger_version = %(challenger)s and challenger_sha256 = "
        "%(challenger_sha256)s and plan_sha256 = %(plan)s order by window_end desc limit 1",
        {
            "model": challenger.name,
            "champion": champion.version,
            "champion_sha256": champion.sha256,
            "challenger": challenger.version,
            "challenger_sha256": challenger.sha256,
            "plan": plan_sha256,
        },
    )


def of_challenger(connection: psycopg.Connection[Any], challenger: ModelPin) -> list[Gate]:
    """Return all gates of a challenger's file, newest first."""
    with database.named(f"read the gates of {challenger}"):
        cursor = connection.cursor(row_factory=class_row(Gate))
        return cursor.execute(
            f"{_READ} where model = %s and challenger_version = %s and challenger_sha256 = %s "
            "order by window_end desc",
            (challenger.name, challenger.version, challenger.sha256),
        ).fetchall()


def insert(connection: psycopg.Connection[Any], gate: Gate) -> datetime:
    """Record a gate, which uses its weeks up.

    Returns:
        The moment of the record.

    Raises:
        FencedError: another gate of the model has used the weeks in the meantime.
    """
    values = {name: getattr(gate, name) for name in _COLUMNS} | {"tests": Jsonb(dict(gate.tests))}
    try:
        with connection.transaction():
            row = connection.execute(_INSERT, values).fetchone()
            seals.seal(connection, "model gate", gate.gate_id)
    except psycopg.errors.UniqueViolation:
        raise FencedError(
            f"another gate of {gate.model} has used the weeks up to {gate.window_end:%Y-%m-%d} "
            "while this one was running; nothing was recorded. See `vesper models gate` for its "
            "verdict"
        ) from None
    except psycopg.Error:
        with database.named(f"record the gate of {gate.model}"):
            raise
    gated_at: datetime = database.certain("record a gate", row)[0]
    return gated_at


def _one(connection: psycopg.Connection[Any], where: str, values: Mapping[str, Any]) -> Gate | None:
    with database.named("read the gates of a model"):
        cursor = connection.cursor(row_factory=class_row(Gate))
        return cursor.execute(f"{_READ} {where}".encode(), values).fetchone()
