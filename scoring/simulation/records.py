"""Records simulations, and finds those that an activation may rest on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb

from features.platform import database
from scoring.simulation.report import Report
from scoring.simulation.text import markdown

_INSERT = """
insert into audit.policy_simulations (
    simulation_id, job, policy_version, policy_sha256, model_version, own_policies, window_start,
    window_end, decisions, rows, moved, stricter, own_differing, report, report_sha256, page,
    requested_by
)
values (
    %(simulation_id)s, %(job)s, %(policy_version)s, %(policy_sha256)s, %(model_version)s,
    %(own_policies)s, %(window_start)s, %(window_end)s, %(decisions)s, %(rows)s, %(moved)s,
    %(stricter)s, %(own_differing)s, %(report)s, %(report_sha256)s, %(page)s, %(requested_by)s
)
"""
_COLUMNS = (
    "simulation_id, job, policy_version, policy_sha256, model_version, window_start, window_end, "
    "rows, moved, stricter, own_differing, report_sha256, requested_by, simulated_at"
)


@dataclass(frozen=True, slots=True)
class Simulation:
    """One row of `audit.policy_simulations`, without its report."""

    simulation_id: UUID
    job: str
    policy_version: str
    policy_sha256: str
    model_version: str
    window_start: datetime
    window_end: datetime
    rows: int
    moved: int
    stricter: int
    own_differing: int
    report_sha256: str
    requested_by: str
    simulated_at: datetime

    def reference(self) -> dict[str, str]:
        """Return how an activation names it."""
        return {
            "simulation_id": str(self.simulation_id),
            "job": self.job,
            "report_sha256": self.report_sha256,
        }


def add(connection: psycopg.Connection[Any], report: Report, requested_by: str) -> UUID:
    """Record a simulation.

    Args:
        connection: of role `score`.
        report: its report.
        requested_by: the person.

    Returns:
        Its id.
    """
    simulation_id = uuid4()
    values = {
        "simulation_id": simulation_id,
        "job": report.job,
        "policy_version": report.policy_version,
        "policy_sha256": report.policy_sha256,
        "model_version": report.model_version,
        "own_policies": Jsonb(dict(report.own_policies)),
        "window_start": report.start,
        "window_end": report.end,
        "decisions": report.decisions,
        "rows": report.rows,
        "moved": report.moved,
        "stricter": report.stricter,
        "own_differing": report.own_differing,
        "report": Jsonb(json.loads(json.dumps(report.as_dict(), default=str))),
        "report_sha256": report.sha256,
        "page": markdown(report),
        "requested_by": requested_by,
    }
    with database.named("record a simulation"):
        connection.execute(_INSERT, values)
    return simulation_id


def newest_of(
    connection: psycopg.Connection[Any], job: str, policy_sha256: str, age: timedelta
) -> Simulation | None:
    """Return the newest simulation of a policy on the decisions of a job; None without one.

    A simulation without rows counts only as long as the job has no decision.

    Args:
        connection: of role `score`.
        job: the job's name.
        policy_sha256: of the policy file.
        age: older ones do not count.
    """
    rows = _read(
        connection,
        "where job = %(job)s and policy_sha256 = %(sha256)s "
        "and simulated_at > clock_timestamp() - %(age)s order by rows > 0 desc, "
        "simulated_at desc limit 1",
        {"job": job, "sha256": policy_sha256, "age": age},
    )
    return rows[0] if rows else None


def newest(connection: psycopg.Connection[Any], most: int) -> list[Simulation]:
    """Return the newest simulations of all policies, the newest first."""
    return _read(connection, "order by simulated_at desc limit %(most)s", {"most": most})


def page_of(connection: psycopg.Connection[Any], simulation_id: UUID) -> str | None:
    """Return the report of a simulation as Markdown; None if there is no such simulation."""
    row = database.fetch_optional(
        connection,
        "read a simulation",
        "select page from audit.policy_simulations where simulation_id = %s",
        (simulation_id,),
    )
    return None if row is None else str(row[0])


def _read(
    connection: psycopg.Connection[Any], condition: str, values: dict[str, object]
) -> list[Simulation]:
    query = f"select {_COLUMNS} from audit.policy_simulations {condition}"  # noqa: S608 - ours
    rows = database.fetch_all(connection, "read simulations", query.encode(), values)
    return [Simulation(*row) for row in rows]
