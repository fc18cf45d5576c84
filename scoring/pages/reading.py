"""Read the content of the page of a run, and the newest runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from features.platform import database
from scoring.demand.job import JOB as FORECAST_DEMAND
from scoring.domains import JOBS
from scoring.pages import forecast_rows, plan_rows
from scoring.pages.facts import Gate, RunFacts
from scoring.pages.forecasts import Forecasts
from scoring.pages.page import RunPage
from scoring.pages.plans import Plans
from scoring.stock.job import JOB as PLAN_STOCK

#: The readers of the rows of each job whose page has pictures; other pages have facts alone.
ROWS: dict[str, Callable[[psycopg.Connection[Any], UUID], Forecasts | Plans]] = {
    FORECAST_DEMAND.name: forecast_rows.forecasts,
    PLAN_STOCK.name: plan_rows.plans,
}
_COLUMNS = ", ".join(column.name for column in fields(RunFacts))
_GATES = """
select
    validation_id, suite, verdict, rows_checked, validated_at,
    (
        select count(*) from jsonb_array_elements(expectations) as expectation
        where expectation ->> 'outcome' <> 'held'
    ) as not_held
from audit.validation_results
where subject = %s
order by validated_at
"""


def page_of(connection: psycopg.Connection[Any], run_id: UUID) -> RunPage | None:
    """Return the content of the page of a run, or None where there is no such run.

    Args:
        connection: of role `score`.
        run_id: the run.

    Raises:
        StatementError: a table of the run's rows is not there, or not readable.
        WarehouseUnavailableError: the server went away.
    """
    run = _run(connection, run_id)
    if run is None:
        return None
    read = ROWS.get(run.job)
    return RunPage(
        run,
        _gates(connection, run_id),
        JOBS[run.job].serving if run.job in JOBS else "decision_runs",
        read(connection, run_id) if read and run.is_published else None,
    )


def newest(connection: psycopg.Connection[Any], count: int) -> list[RunFacts]:
    """Return the newest runs, the newest first."""
    with connection.cursor(row_factory=class_row(RunFacts)) as cursor:
        query = f"select {_COLUMNS} from decisions.runs order by claimed_at desc limit %s"  # noqa: S608
        return database.fetch_all(cursor, "read the newest runs", query.encode(), (count,))


def _run(connection: psycopg.Connection[Any], run_id: UUID) -> RunFacts | None:
    with connection.cursor(row_factory=class_row(RunFacts)) as cursor:
        query = f"select {_COLUMNS} from decisions.runs where run_id = %s"  # noqa: S608 - ours
        return database.fetch_optional(cursor, "read a run", query.encode(), (run_id,))


def _gates(connection: psycopg.Connection[Any], run_id: UUID) -> list[Gate]:
    """Return the validations of a run's rows, in order."""
    with connection.cursor(row_factory=class_row(Gate)) as cursor:
        return database.fetch_all(cursor, "read the gates of a run", _GATES, (str(run_id),))
