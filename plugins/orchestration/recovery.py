"""How a step goes on after a crash of the server: what it reads is made again, in the same task.

Airflow tries the task again that the crash has ended, and none of the tasks before it. So each step
first sees that what it needs stands, and does again what the crash has taken: score, then the gate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from orchestration.steps import Receipt

if TYPE_CHECKING:
    import psycopg

    from scoring.runs.record import Run


def run_with_claim(connection: psycopg.Connection, run: Receipt) -> Run:
    """Return a run whose claimed rows stand, unless it has ended."""
    from scoring.domains import JOBS
    from scoring.runs import record
    from scoring.steps import recovery

    found = record.load(connection, UUID(run["run_id"]))
    if found.state not in {"failed", "published"}:
        recovery.restore_claim(connection, JOBS[found.job], found)
    return found


def run_with_scores(connection: psycopg.Connection, run: Receipt) -> Run:
    """Return a run whose scored rows stand, if it had come so far and has not ended."""
    from orchestration import steps
    from scoring.runs import record
    from scoring.steps import recovery

    found = recovery.reopen_lost(connection, UUID(run["run_id"]))
    if found.state == "claimed" and recovery.had_come_to(connection, found, "scored", "validated"):
        steps.score(run)
        return record.load(connection, found.run_id)
    return found


def restore_validated(run: Receipt) -> None:
    """See that the scored rows of a validated run stand; score and look at them again if not.

    Raises:
        GateFailedError: the rows that were scored again do not pass their gate.
    """
    import psycopg

    from features.platform.settings import get_settings
    from orchestration import gates
    from scoring.domains import JOBS
    from scoring.steps import recovery

    conninfo = get_settings().warehouse.conninfo("score")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        found = run_with_scores(connection, run)
        if found.state == "scored" and recovery.had_come_to(connection, found, "validated"):
            gates.validate_run(JOBS[found.job].decisions_gate, run)
