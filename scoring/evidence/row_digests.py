"""Compares the present rows of raw and of the ledgers with the digests from their arrival.

Counts come from the rows themselves, for each delivery and each run. A digest detects a changed row
even if the count is unchanged. Rows of an unregistered delivery or run are detected as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import psycopg

from features.platform import database
from scoring.evidence.equation import Equation
from scoring.runs.job import Job

#: The period that `closure --fast` compares row by row, up to the newest delivery or run.
NEWEST = timedelta(days=2)

_REGISTER = """
select
    'delivery',
    deliveries.delivery_id::text,
    concat_ws(' ', deliveries.delivery_seq, deliveries.object_name),
    deliveries.feed,
    jsonb_build_object(
        'delivery_id', deliveries.delivery_id, 'delivery_seq', deliveries.delivery_seq::text
    ),
    deliveries.digests,
    coalesce(deliveries.admitted_at, deliveries.received_at)
from raw.deliveries
union all
select
    'run',
    runs.run_id::text,
    runs.run_id::text,
    runs.job,
    jsonb_build_object('run_id', runs.run_id),
    runs.parquet -> 'digests',
    runs.published_at
from decisions.runs
where runs.state = 'published' and runs.job = any(%(jobs)s)
"""
_TABLES = """
select digested.relation, digested.kind, digested.scope, digested.key, digested.is_counted
from audit.digested
where digested.kind = 'delivery' or digested.scope = any(%(jobs)s)
order by digested.relation, digested.scope
"""


@dataclass(frozen=True, slots=True)
class _Table:
    """A table that holds rows of the deliveries of a feed, or of the runs of a job."""

    relation: str
    kind: str
    scope: str
    key: str
    is_counted: bool


@dataclass(frozen=True, slots=True)
class _Digest:
    """An entry of `digests`."""

    rows: int
    columns: int
    digest: str


@dataclass(frozen=True, slots=True)
class _Subject:
    """A delivery or a published run, from its register."""

    kind: str
    subject: str
    name: str
    scope: str
    keys: Mapping[str, str | None]
    digests: Mapping[str, Mapping[str, Any]] | None
    at: datetime

    def recorded(self, relation: str) -> _Digest:
        """Return the recorded digest of its rows in a table; no rows if there is no entry."""
        try:
            entry = (self.digests or {})[relation]
            return _Digest(int(entry["rows"]), abs(int(entry["columns"])), str(entry["digest"]))
        except (KeyError, TypeError, ValueError):  # or the entry was tampered with: see its seal
            return _Digest(0, 0, "")


@dataclass
class Rows:
    """The result of the inspection of rows.

    Attributes:
        counted: rows of each delivery or run, by its id, in the table that counts them.
        rejected: rejected rows of each delivery.
        names: of the deliveries and runs, by their ids.
        faults: by the same ids.
        since: deliveries and runs before it were not compared; None if all were.
        tables: the equation of each table.
        coverage: the number of deliveries and runs that were compared row by row.
    """

    counted: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)
    since: datetime | None = None
    tables: list[Equation] = field(default_factory=list)
    coverage: Equation = field(default_factory=lambda: Equation("", 0, {}))

    def take(self, subject: str) -> tuple[str, ...]:
        """Remove and return the faults of a delivery or a run with an equation of its own."""
        return tuple(self.faults.pop(subject, ()))

    def rest(self) -> Equation:
        """Return the coverage, with the faults of subjects without an equation of their own."""
        faults = (
            f"{self.names[subject]}: {'; '.join(lines)}" for subject, lines in self.faults.items()
        )
        return replace(self.coverage, faults=tuple(faults))


def inspect(connection: psycopg.Connection[Any], jobs: Sequence[Job], *, is_fast: bool) -> Rows:
    """Count the rows of every delivery and run, and compare their digests.

    Args:
        connection: of role `score` or `transform`, in a transaction that sees one state.
        jobs: the jobs of the inspected ledgers.
        is_fast: compare the digests of the newest days only.
    """
    values = {"jobs": [job.name for job in jobs]}
    tables = [_Table(*row) for row in connection.execute(_TABLES, values)]
    subjects = [_Subject(*row) for row in connection.execute(_REGISTER, values)]
    newest = max((subject.at for subject in subjects), default=None)
    since = newest - NEWEST if is_fast and newest else None
    compared = [
        subject for subject in subjects if subject.digests is not None and _is_since(subject, since)
    ]
    names = {subject.subject: f"{subject.kind} {subject.name}" for subject in subjects}
    result = Rows(names=names, since=since, coverage=_coverage(subjects, compared, since))
    for relation in dict.fromkeys(table.relation for table in tables):
        of_relation = [table for table in tables if table.relation == relation]
        _inspect_table(connection, of_relation, subjects, compared, result)
    return result


def _is_since(subject: _Subject, since: datetime | None) -> bool:
    return since is None or subject.at >= since


def _inspect_table(
    connection: psycopg.Connection[Any],
    tables: Sequence[_Table],
    subjects: Iterable[_Subject],
    compared: Iterable[_Subject],
    result: Rows,
) -> None:
    """Compare the rows of one table with the deliveries or runs that have rows there."""
    relation, kind, key = tables[0].relation, tables[0].kind, tables[0].key
    scopes = {table.scope: table for table in tables}
    counts = dict(
        connection.execute("select key, row_count from audit.row_digests(%s, 0)", (relation,))
    )
    in_scope = [subject for subject in compared if subject.scope in scopes]
    digests = _digests(connection, relation, key, in_scope)
    total, known = sum(counts.values()), 0
    for subject in subjects:
        if subject.kind != kind or subject.scope not in scopes:
            continue
        if (place := subject.keys[key]) is None:
            continue
        rows = counts.pop(place, 0)
        known += rows
        if scopes[subject.scope].is_counted:
            result.counted[subject.subject] = rows
        elif relation == "raw.rejected_rows":
            result.rejected[subject.subject] = rows
        if subject.digests is not None:
            fault = _fault(relation, rows, subject.recorded(relation), digests.get(place))
            if fault:
                result.faults.setdefault(subject.subject, []).append(fault)
    owner = "delivery" if kind == "delivery" else "published run"
    strange = [
        f"{count} rows of {relation} belong to no {owner} of the register ({key} {place})"
        for place, count in sorted(counts.items())[:5]
    ]
    terms = {f"of a {owner}": known}
    result.tables.append(Equation(f"rows of {relation}", total, terms, tuple(strange)))


def _digests(
    connection: psycopg.Connection[Any], relation: str, key: str, compared: Sequence[_Subject]
) -> dict[str, str]:
    """Return the digests of the present rows, over the number of columns at their arrival."""
    by_columns: dict[int, list[str | None]] = {}
    for subject in compared:
        if columns := subject.recorded(relation).columns:
            by_columns.setdefault(columns, []).append(subject.keys[key])
    digests: dict[str, str] = {}
    for columns, keys in by_columns.items():
        digests |= database.fetch_all(
            connection,
            f"digest the rows of {relation}",
            "select key, digest from audit.row_digests(%s, %s, %s)",
            (relation, columns, keys),
        )
    return digests


def _fault(relation: str, rows: int, recorded: _Digest, digest: str | None) -> str | None:
    if rows != recorded.rows:
        return f"{relation} holds {rows} rows, {recorded.rows} were written"
    if digest is not None and digest != recorded.digest:
        return f"rows of {relation} were changed"
    return None


def _coverage(
    subjects: Sequence[_Subject],
    compared: Sequence[_Subject],
    since: datetime | None,
) -> Equation:
    """Return the count of deliveries and runs compared row by row, with notes on the others."""
    older = [subject for subject in subjects if subject.digests is None]
    before = len(subjects) - len(older) - len(compared)
    notes = []
    if older:
        runs = sum(subject.kind == "run" for subject in older)
        notes.append(
            f"{len(older) - runs} deliveries and {runs} runs are older than digests: their rows "
            "are counted, not compared"
        )
    if before:
        notes.append(
            f"{before} deliveries and runs before {since:%Y-%m-%d %H:%M} UTC: their rows are "
            "counted, not compared; leave --fast out to compare them"
        )
    terms = {"compared": len(compared), "counted": before, "older than digests": len(older)}
    return Equation("deliveries and published runs", len(subjects), terms, notes=tuple(notes))
