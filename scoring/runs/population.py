"""Select the rows a run decides: live, undecided, known by the cut-off, in its own window or late.

The home window of a row contains its event time. A run decides the undecided rows of its own
window, and late rows: rows of a home window that is already published. Rows of a window without a
run are left for the run of that window. A case names its row and does not wait for the window.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql

from features.platform import database
from features.platform.errors import ContractError
from scoring.runs.job import Job, quoted
from scoring.runs.request import NO_WINDOW, Kind
from scoring.runs.run_tables import RunTables

_UNDECIDED = sql.SQL(
    """
    with candidates as (

        select subject.{id} as subject_id, subject.version
        from {subjects} as subject
        where
            not subject.is_history
            and subject.known_at <= %(cutoff)s
            and subject.{at} >= %(start)s
            and subject.{at} < %(end)s
            and subject.delivery_seq between %(first_seq)s and %(last_seq)s

        union all

        -- late rows: every published run has taken the late rows of its own cut-off
        select subject.{id}, subject.version
        from {subjects} as subject
        where
            not subject.is_history
            and subject.known_at <= %(cutoff)s
            and subject.known_at > %(published_until)s::timestamptz
            and not (subject.{at} >= %(start)s and subject.{at} < %(end)s)
            and exists (
                select 1 from decisions.runs
                where
                    runs.job = %(job)s
                    and runs.state = 'published'
                    and runs.kind <> all(%(no_window)s)
                    and subject.{at} >= runs.window_start
                    and subject.{at} < runs.window_end
            )

    )

    select candidates.subject_id, candidates.version, 0 as revision
    from candidates
    where
        not exists (
            select 1 from {versions} as newer
            where
                newer.{id} = candidates.subject_id
                and newer.version > candidates.version
                -- follows from the line above; by it Postgres finds the short list of corrections
                and newer.version > 1
                and newer.known_at <= %(cutoff)s
        )
        and not exists (
            select 1 from {ledger} as decided where decided.{id} = candidates.subject_id
        )
    """
)

# The newest version of each row that is named, as far as it is known and live.
_NEWEST = sql.SQL(
    """
    select distinct on (versions.{id}) versions.{id}, versions.version
    from {versions} as versions
    where
        versions.{id} = any(%(ids)s)
        {of_nights}
        and versions.known_at <= %(cutoff)s
        and not versions.is_history
    order by versions.{id}, versions.version desc
    """
)

# A case is decided before its window is: it is named, and has no decision yet.
_CASE = sql.SQL(
    """
    select newest.{id} as subject_id, newest.version, 0 as revision
    from ({newest}) as newest
    where
        not exists (
            select 1 from {ledger} as decided where decided.{id} = newest.{id}
        )
    """
)

# A restatement names its rows: decided before, decided again on their newest version.
_RESTATED = sql.SQL(
    """
    select newest.{id} as subject_id, newest.version, decided.revision + 1 as revision
    from ({newest}) as newest
    inner join (
        select ledger.{id}, max(ledger.revision) as revision
        from {ledger} as ledger
        where ledger.{id} = any(%(ids)s)
        group by ledger.{id}
    ) as decided on decided.{id} = newest.{id}
    """
)


_LAST_SEQ = 2**63 - 1
# The id of a night ends with its day, without which every night would be read.
_OF_NIGHTS = sql.SQL("and versions.{at} = any(%(night_days)s)")
_DAY = re.compile(r".*/([0-9]{4}-[0-9]{2}-[0-9]{2})", re.DOTALL)
_POPULATIONS = {Kind.RESTATE: _RESTATED, Kind.CASE: _CASE}


@dataclass(frozen=True, slots=True)
class Scope:
    """The subjects of one run: its kind, window and cut-off, or the ids that it names."""

    kind: Kind
    window: tuple[datetime, datetime]
    cutoff: datetime
    named_ids: list[str] | None  # of a restatement or a case


def make(
    connection: psycopg.Connection[Any],
    job: Job,
    tables: RunTables,
    scope: Scope,
    chunk_rows: int,
) -> int:
    """Make the claim table of a run and return the number of its rows.

    The population is a function of the arguments and of published runs; while the run is open no
    other run of the job can be published, so a table lost in a crash comes back the same.
    """
    of_nights = _OF_NIGHTS if job.population.nights else sql.SQL("")
    newest = _NEWEST.format(**job.names, of_nights=of_nights.format(**job.names))
    population = _POPULATIONS.get(scope.kind, _UNDECIDED).format(newest=newest, **job.names)
    parameters = {
        "cutoff": scope.cutoff,
        "start": scope.window[0],
        "end": scope.window[1],
        "job": job.name,
        "ids": scope.named_ids,
        "night_days": _days_of(scope.named_ids or ()),
        "no_window": list(NO_WINDOW),
        **_bounds(connection, job, scope),
    }
    claim = quoted(tables.claim)
    connection.execute(sql.SQL("drop table if exists {} cascade").format(claim))
    # CREATE TABLE AS takes no parameters: make the shape first, then fill it
    connection.execute(
        sql.SQL(
            "create unlogged table {} "
            "({} text not null, version integer not null, revision integer not null, "
            "chunk integer not null)"
        ).format(claim, job.subject_id)
    )
    rows = connection.execute(
        sql.SQL(
            "insert into {} select subject_id, version, revision, "
            "((row_number() over (order by subject_id)) - 1) / {} from ({}) as population"
        ).format(claim, sql.Literal(chunk_rows), population),
        parameters,
    ).rowcount
    connection.execute(
        sql.SQL("create index on {} using brin (chunk) with (pages_per_range = 8)").format(claim)
    )
    return rows


def _days_of(ids: Iterable[str]) -> list[datetime]:
    """Return the days that end the ids of nights; an id without a day names no night."""
    ends = {found[1] for found in map(_DAY.fullmatch, ids) if found}
    days = []
    for end in sorted(ends):
        with suppress(ValueError):  # such as the 31st of February
            days.append(datetime.fromisoformat(end).replace(tzinfo=UTC))
    return days


def within(connection: psycopg.Connection[Any], job: Job, tables: RunTables, scope: Scope) -> int:
    """Return how many of the claimed rows happened in the window; the others are late."""
    query = sql.SQL(
        "select count(*) from {claim} as claim inner join {subjects} as subject "
        "on subject.{id} = claim.{id} and subject.version = claim.version "
        "where subject.{at} >= %(start)s and subject.{at} < %(end)s"
    ).format(claim=quoted(tables.claim), **job.names)
    (rows,) = database.fetch_one(
        connection,
        f"count the rows of a long window of {job.name}",
        query,
        {"start": scope.window[0], "end": scope.window[1]},
    )
    return int(rows)


def _bounds(connection: psycopg.Connection[Any], job: Job, scope: Scope) -> dict[str, Any]:
    """Return the bounds of a window's rows as constants, with which Postgres reads few blocks.

    The admissions whose live rows may lie in the window, and the newest cut-off that was published.
    A night is brought by a delivery of any day, so the window alone bounds it.
    """
    bounds = database.fetch_one(
        connection,
        f"read the bounds of a window of {job.name}",
        "select coalesce(min(delivery_seq), 0), coalesce(max(delivery_seq), 0), "
        "(select coalesce(max(known_at_cutoff), 'infinity')::text from decisions.runs "
        "where job = %(job)s and state = 'published' and kind <> all(%(no_window)s)) "
        # a history load may hold rows to decide, where its source states decide_from
        "from raw.deliveries where feed = %(feed)s "
        "and first_occurred_at < %(end)s and last_occurred_at >= %(start)s",
        {
            "job": job.name,
            "no_window": list(NO_WINDOW),
            "feed": job.population.feed,
            "start": scope.window[0],
            "end": scope.window[1],
        },
    )
    first, last, published_until = bounds
    if job.population.nights:
        first, last = 0, _LAST_SEQ
    return {"first_seq": first, "last_seq": last, "published_until": published_until}


def newest_known_at(connection: psycopg.Connection[Any]) -> datetime:
    """Return the newest known_at of the warehouse; 1970 where nothing was ever admitted."""
    row = database.fetch_optional(
        connection,
        "read the ledger's clock",
        "select greatest(last_known_at, to_timestamp(0)) from raw.ledger_clock",
    )
    if row is None:
        raise ContractError("raw.ledger_clock is empty: apply the migrations")
    known_at: datetime = row[0]
    return known_at


def is_lost(connection: psycopg.Connection[Any], tables: RunTables, rows_claimed: int) -> bool:
    """Tell whether a crash of the server has emptied or removed the claim table."""
    if not database.relation_exists(connection, tables.claim):
        return True
    (rows,) = database.fetch_one(
        connection,
        "count the claimed rows",
        sql.SQL("select count(*) from {}").format(quoted(tables.claim)),
    )
    return bool(rows != rows_claimed)


def expose_features(connection: psycopg.Connection[Any], job: Job, tables: RunTables) -> None:
    """Make the view of the claimed rows' features, which the gate and the score step read.

    An existing view stays: it is dropped with its tables, and other sessions may be reading it.
    """
    if database.relation_exists(connection, tables.features):
        return
    connection.execute(
        sql.SQL(
            "create view {} as select claim.chunk, claim.revision, features.* "
            "from {} as claim inner join {} as features "
            "on features.{} = claim.{} and features.version = claim.version"
        ).format(
            quoted(tables.features),
            quoted(tables.claim),
            quoted(job.view.table),
            *[job.subject_id] * 2,
        )
    )


def drop(connection: psycopg.Connection[Any], tables: RunTables) -> None:
    """Drop the tables and the view of the run in schema `scored`."""
    with connection.transaction():
        connection.execute(sql.SQL("drop view if exists {}").format(quoted(tables.features)))
        for table in (tables.decisions, tables.claim):
            connection.execute(sql.SQL("drop table if exists {} cascade").format(quoted(table)))
