"""Find the undecided windows of a job in our own register of runs.

Airflow's grid cannot show them. A manual run that takes a scheduled logical date leaves that window
without a run for good, and so does a pause; both grids look complete.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from features.platform import database
from scoring.runs.job import Job
from scoring.runs.lifecycle import STALE_AFTER
from scoring.runs.record import OPEN_STATES
from scoring.runs.request import NO_WINDOW

ORIGIN = datetime.min.replace(tzinfo=UTC)  # windows are whole multiples of the cadence since then


class WindowState(StrEnum):
    """The reason why a window is undecided."""

    MISSING = "missing"  # it has no run
    FAILED = "failed"  # only failed runs
    STUCK = "stuck"  # an open run whose lease does not move
    RUNNING = "running"  # an open run that moves: no gap


@dataclass(frozen=True, slots=True)
class Undecided:
    """A window that has ended and has no published run.

    Attributes:
        job: whose window.
        start: where it begins.
        end: the first instant after it.
        state: the reason why it is undecided.
        rows_pending: live rows that wait for it.
        run_id: the open run, else the newest failed one.
        last_failure: why the newest failed run failed.
    """

    job: str
    start: datetime
    end: datetime
    state: WindowState
    rows_pending: int
    run_id: UUID | None
    last_failure: str | None


def undecided(connection: psycopg.Connection[Any], job: Job, now: datetime) -> list[Undecided]:
    """Return the windows without a published run, oldest first.

    They lie between the first window that must be decided and the last one that has ended: the
    first is that of the earliest run, or of the earliest live row where no run reaches back so far.

    Args:
        connection: of a role that reads `raw` and `decisions`.
        job: whose windows.
        now: windows that have ended by then; leases are compared with it.
    """
    first = _first_start(connection, job)
    if first is None:
        return []
    windows = connection.execute(_UNDECIDED, _parameters(job, first=first, now=now)).fetchall()
    pending: dict[datetime, int] = {}
    for start, end in _stretches([row[0] for row in windows], job.cadence):
        pending |= _pending(connection, job, start, end)
    return [
        Undecided(
            job.name,
            start.astimezone(UTC),
            start.astimezone(UTC) + job.cadence,
            _state(open_run, is_stuck=is_stuck, failed_run=failed_run),
            pending.get(start, 0),
            open_run or failed_run,
            last_failure,
        )
        for start, open_run, is_stuck, failed_run, last_failure in windows
    ]


def _state(open_run: UUID | None, *, is_stuck: bool, failed_run: UUID | None) -> WindowState:
    if open_run:
        return WindowState.STUCK if is_stuck else WindowState.RUNNING
    return WindowState.FAILED if failed_run else WindowState.MISSING


_LIVE_ROWS = """
    with starts as (

        select deliveries.first_occurred_at as starts_at
        from raw.deliveries
        where
            deliveries.state = 'admitted' and deliveries.load_kind = 'live'
            and deliveries.feed = %(feed)s

        union all

        -- a history load may hold rows to decide, where its source states decide_from
        select decided.starts_at
        from raw.deliveries
        cross join lateral (
            select min(subject.{at}) as starts_at
            from {subjects} as subject
            where subject.delivery_seq = deliveries.delivery_seq and not subject.is_history
        ) as decided
        where
            deliveries.state = 'admitted' and deliveries.load_kind = 'history'
            and deliveries.feed = %(feed)s

    ),

    live as (

        select min(starts.starts_at) as starts_at
        from starts

    )
"""

# The first night without its subjects, each of which would be looked for in the whole look-back.
_LIVE_NIGHTS = """
    with live as (

        select min(nights.{at}) as starts_at
        from {nights} as nights
        where not nights.is_history

    )
"""

# A run that was requested before the first live delivery makes no window due: otherwise one mistake
# in the form would make years of windows due.
_FIRST_RUN = """
    select
        live.starts_at,
        (
            select min(runs.window_start) from decisions.runs
            where
                runs.job = %(job)s
                and runs.kind <> all(%(no_window)s)
                and (
                    runs.kind = 'scheduled'
                    or runs.window_end > coalesce(live.starts_at, '-infinity')
                )
        )
    from live
"""

# Bounded by constants, so that Postgres leaves out the days that cannot hold it.
_FIRST_ROW = sql.SQL(
    """
    select min(subject.{at})
    from {subjects} as subject
    where
        not subject.is_history
        and subject.{at} >= %(live)s
        and subject.{at} < coalesce(%(run)s, 'infinity'::timestamptz)
        and not exists (
            select 1 from {versions} as newer
            where
                newer.{id} = subject.{id}
                and newer.version > subject.version and newer.version > 1
        )
    """
)

# A run may span several windows: it counts for each that it holds whole.
_UNDECIDED = """
    with attempts as (

        select
            covered.starts_at,
            bool_or(runs.state = 'published') as is_published,
            (array_agg(runs.run_id) filter (where runs.state = any(%(open)s)))[1] as open_run,
            (
                array_agg(runs.run_id order by runs.failed_at desc)
                filter (where runs.state = 'failed')
            )[1] as failed_run,
            (
                array_agg(runs.failure order by runs.failed_at desc)
                filter (where runs.state = 'failed')
            )[1] as last_failure
        from decisions.runs
        cross join lateral generate_series(
            runs.window_start, runs.window_end - %(cadence)s, %(cadence)s
        ) as covered (starts_at)
        where runs.job = %(job)s and runs.kind <> all(%(no_window)s)
        group by covered.starts_at

    )

    select
        windows.starts_at,
        attempts.open_run,
        coalesce(
            (
                select
                    greatest(
                        runs.claimed_at, runs.scored_at, runs.validated_at,
                        (
                            select max(leases.renewed_at) from decisions.leases
                            where leases.run_id = runs.run_id
                        )
                    ) <= %(now)s - %(stale_after)s
                from decisions.runs where runs.run_id = attempts.open_run
            ),
            false
        ) as is_stuck,
        attempts.failed_run,
        attempts.last_failure
    from generate_series(
        date_bin(%(cadence)s, %(first)s, %(origin)s), %(now)s - %(cadence)s, %(cadence)s
    ) as windows (starts_at)
    left join attempts on attempts.starts_at = windows.starts_at
    where not coalesce(attempts.is_published, false)
    order by windows.starts_at
"""

# The newest version of a live row without a decision, by its home window.
_PENDING = sql.SQL(
    """
    select date_bin(%(cadence)s, subject.{at}, %(origin)s), count(*)
    from {subjects} as subject
    where
        not subject.is_history
        and subject.{at} >= %(start)s
        and subject.{at} < %(end)s
        and not exists (
            select 1 from {versions} as newer
            where
                newer.{id} = subject.{id}
                and newer.version > subject.version and newer.version > 1
        )
        and not exists (
            select 1 from {ledger} as decided where decided.{id} = subject.{id}
        )
    group by 1
    """
)


def _first_start(connection: psycopg.Connection[Any], job: Job) -> datetime | None:
    """Return where the first window that must be decided begins, or nothing where none is."""
    has_nights = job.population.nights is not None
    query = sql.SQL((_LIVE_NIGHTS if has_nights else _LIVE_ROWS) + _FIRST_RUN)
    live, run = database.fetch_one(
        connection, f"read the first run of {job.name}", query.format(**job.names), _parameters(job)
    )
    earliest = live if has_nights else None
    if live is not None and not has_nights:
        first_row = _FIRST_ROW.format(**job.names)
        (earliest,) = database.fetch_one(
            connection, f"read the first row of {job.name}", first_row, {"live": live, "run": run}
        )
    starts = [start for start in (run, earliest) if start is not None]
    return min(starts) if starts else None


def _pending(
    connection: psycopg.Connection[Any], job: Job, start: datetime, end: datetime
) -> dict[datetime, int]:
    query = _PENDING.format(**job.names)
    return dict(connection.execute(query, _parameters(job, start=start, end=end)).fetchall())


def _stretches(
    starts: Sequence[datetime], cadence: timedelta
) -> Iterable[tuple[datetime, datetime]]:
    """Join windows that follow each other: the raw ledger is read once per stretch."""
    known = set(starts)
    first = [start for start in starts if start - cadence not in known]
    ends = [start + cadence for start in starts if start + cadence not in known]
    return zip(first, ends, strict=True)


def _parameters(job: Job, **more: object) -> dict[str, object]:
    return {
        "job": job.name,
        "cadence": job.cadence,
        "origin": ORIGIN,
        "stale_after": STALE_AFTER,
        "open": list(OPEN_STATES),
        "no_window": list(NO_WINDOW),
        "feed": job.population.feed,
        **more,
    }
