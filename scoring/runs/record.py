"""One row of `decisions.runs`, as the steps of a run read it: its window, its pins, its state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from features.platform import database
from features.platform.errors import ContractError
from scoring.runs import shards
from scoring.runs.job import RunTables
from scoring.runs.population import Scope


@dataclass(frozen=True, slots=True)
class Pins:
    """What a run decides with, fixed at its claim."""

    models: Mapping[str, Mapping[str, str]]
    policy_version: str
    policy_sha256: str
    feature_view: str
    code_version: str
    lock_sha256: str


@dataclass(frozen=True, slots=True)
class Run:
    """One row of `decisions.runs`."""

    run_id: UUID
    job: str
    kind: str
    window_start: datetime
    window_end: datetime
    requested_by: str
    restated_ids: list[str] | None
    models: dict[str, dict[str, str]]
    policy_version: str
    policy_sha256: str
    feature_view: str
    code_version: str
    known_at_cutoff: datetime
    claimed_at: datetime
    rows_claimed: int
    state: str
    rows_scored: int | None
    rows_degraded: int | None
    scored_at: datetime | None
    parquet: dict[str, Any] | None
    seal: dict[str, Any] | None

    @property
    def scope(self) -> Scope:
        """The subjects that it decides."""
        window = (self.window_start, self.window_end)
        return Scope(self.kind, window, self.known_at_cutoff, self.restated_ids)

    @property
    def tables(self) -> RunTables:
        """Its tables in schema `scored`."""
        return RunTables(self.run_id)

    @property
    def shards(self) -> int:
        """How many processes score it at once."""
        return shards.count(self.rows_claimed)

    def receipt(self) -> dict[str, object]:
        """What a task hands to the next one: counts and versions, never rows."""
        return {
            "run_id": str(self.run_id),
            "window": [self.window_start.isoformat(), self.window_end.isoformat()],
            "state": self.state,
            "rows_claimed": self.rows_claimed,
            "rows_degraded": self.rows_degraded,
            "models": {role: pin.get("version") for role, pin in self.models.items()},
            "policy_version": self.policy_version,
            "shards": list(range(self.shards)),
        }


_COLUMNS = ", ".join(Run.__dataclass_fields__)


def load(connection: psycopg.Connection[Any], run_id: UUID) -> Run:
    """Read one run.

    Raises:
        ContractError: there is no such run.
    """
    found = find(connection, "run_id = %(run_id)s", run_id=run_id)
    if found is None:
        raise ContractError(f"there is no run {run_id} in decisions.runs")
    return found


def find(connection: psycopg.Connection[Any], condition: str, **values: object) -> Run | None:
    """Read the one run of which a condition is true, or None.

    Args:
        connection: of a role that may read `decisions.runs`.
        condition: SQL of this package, never of anybody else.
        values: what it names.
    """
    with connection.cursor(row_factory=class_row(Run)) as cursor:
        query = f"select {_COLUMNS} from decisions.runs where {condition}"  # noqa: S608 - ours
        return database.fetch_optional(cursor, "read a run", query.encode(), values)
