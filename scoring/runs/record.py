"""Read one row of `decisions.runs`: the window, the pins, the cut and the state of a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import kwargs_row

from features.platform import database
from features.platform.errors import ContractError
from scoring.runs.pins import ModelPin, pin_of
from scoring.runs.population import Scope
from scoring.runs.request import Kind
from scoring.runs.run_tables import RunTables
from scoring.runs.shards import Cut


class State(StrEnum):
    """How far a run has come."""

    CLAIMED = "claimed"
    SCORED = "scored"
    VALIDATED = "validated"
    PUBLISHED = "published"
    FAILED = "failed"


#: The states of an open run, which may still be published.
OPEN_STATES = (State.CLAIMED, State.SCORED, State.VALIDATED)


@dataclass(frozen=True, slots=True)
class Run:
    """One row of `decisions.runs`."""

    run_id: UUID
    job: str
    kind: Kind
    window_start: datetime
    window_end: datetime
    requested_by: str
    restated_ids: list[str] | None
    models: dict[str, dict[str, str]]
    policy_version: str
    policy_sha256: str
    exceptions_sha256: str | None  # None: no exception was in force at the claim
    feature_view: str
    code_version: str
    known_at_cutoff: datetime
    claimed_at: datetime
    rows_claimed: int
    state: State
    rows_scored: int | None
    rows_degraded: int | None
    scored_at: datetime | None
    parquet: dict[str, Any] | None
    seal: dict[str, Any] | None
    chunk_rows: int | None
    shard_count: int | None

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
    def cut(self) -> Cut:
        """How its rows are divided; a run of an earlier release has the cut of that time."""
        if self.chunk_rows is None or self.shard_count is None:
            return Cut.of(self.rows_claimed)
        return Cut(self.rows_claimed, self.chunk_rows, self.shard_count)

    @property
    def shards(self) -> int:
        """The number of processes that score it at once."""
        return self.cut.shards

    def pin(self, role: str) -> ModelPin | None:
        """Return the pinned model of a role, or None where the run decides without it."""
        return pin_of(self.models, role)

    def receipt(self) -> dict[str, object]:
        """Return the receipt for the next task: counts and versions, never rows."""
        return {
            "run_id": str(self.run_id),
            "window": [self.window_start.isoformat(), self.window_end.isoformat()],
            "state": self.state.value,
            "rows_claimed": self.rows_claimed,
            "rows_degraded": self.rows_degraded,
            "models": {role: pin.get("version") for role, pin in self.models.items()},
            "policy_version": self.policy_version,
            "shards": list(range(self.shards)),
        }


_COLUMNS = ", ".join(Run.__dataclass_fields__)


def _of_row(*, kind: str, state: str, **columns: Any) -> Run:  # noqa: ANN401 - the other columns
    return Run(kind=Kind(kind), state=State(state), **columns)


def load(connection: psycopg.Connection[Any], run_id: UUID) -> Run:
    """Read one run.

    Raises:
        ContractError: there is no such run.
    """
    run = find(connection, "run_id = %(run_id)s", run_id=run_id)
    if run is None:
        raise ContractError(f"there is no run {run_id} in decisions.runs")
    return run


def find(connection: psycopg.Connection[Any], condition: str, **values: object) -> Run | None:
    """Read the only run that fulfils a condition, or None.

    Args:
        connection: of a role that may read `decisions.runs`.
        condition: SQL of this package, never of a user.
        values: the parameters that it names.
    """
    with connection.cursor(row_factory=kwargs_row(_of_row)) as cursor:
        query = f"select {_COLUMNS} from decisions.runs where {condition}"  # noqa: S608 - ours
        return database.fetch_optional(cursor, "read a run", query.encode(), values)
