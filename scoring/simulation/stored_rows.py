"""Streams decided rows with their stored features, scores and labels, in batches of Arrow.

A batch holds only the columns that the rules read. Postgres drops the other columns of the feature
row before it sends anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
import pyarrow as pa
from psycopg import sql

from features.platform import database
from scoring.decision.observation import Labels
from scoring.runs.job import Job, quoted
from scoring.simulation.tally import CLUSTERS, Label

Window = tuple[datetime, datetime]

#: What decided the outcomes of a run: the policy, and the exceptions that persons have added to it.
_DECIDED_BY = (
    "runs.policy_version || coalesce(' with exceptions ' || left(runs.exceptions_sha256, 12), '')"
)
_WORDS = "case ledger.decision when 'approve' then 0 when 'review' then 1 else 2 end"
_LABEL = """case
    when ledger.decision = 'decline' then case when {is_matured} then {declined} else {young} end
    when not ({is_matured}) then {young}
    when ({is_event}) is null then {unknown}
    when {is_event} then {bad}
    else {good}
end"""
# the newest decision of a subject, in a window by its event time
_SELECTED = """
    ledger.{at} >= {start} and ledger.{at} < {end}
    and not exists (
        select from {ledger} as newer
        where newer.{id} = ledger.{id} and newer.revision > ledger.revision and newer.revision > 0
    )
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """The query of the decided rows of a job.

    Attributes:
        query: a SELECT of exactly `types`.
        types: Arrow type by column.
    """

    query: sql.Composable
    types: dict[str, pa.DataType]


#: Columns of every row: key, cluster of the customer, day since 1970, stored outcome, label, money.
FIXED: dict[str, pa.DataType] = {
    "subject_key": pa.string(),
    "subject_revision": pa.int32(),
    "customer_cluster": pa.int32(),
    "event_day": pa.int32(),
    "stored_level": pa.int8(),
    "label": pa.int8(),
    "amount_at_stake": pa.float64(),
    "stored_policy": pa.string(),
}
STORED_LIMIT = "recommended_limit_minor"


def reading(
    job: Job, window: Window, labels: Labels, amount: str, columns: Iterable[str]
) -> Reading:
    """Return the query of the newest decision of each subject in a window.

    Args:
        job: the job of the ledger.
        window: half-open, by event time.
        labels: the SQL of the labels.
        amount: the feature with the amount at stake.
        columns: of the domain's `INPUT_TYPES`; no others are read.
    """
    domain = job.decides()
    limits = {STORED_LIMIT: pa.int64()} if STORED_LIMIT in job.columns else {}
    recorded = {
        **dict.fromkeys(job.components, pa.string()),
        **{answer.name: pa.float64() for answer in job.answers},
    }
    fixed = [
        sql.Identifier("ledger", job.id_column),
        sql.SQL("ledger.revision"),
        sql.SQL("hashtext(ledger.customer_id) & {}").format(sql.Literal(CLUSTERS - 1)),
        sql.SQL("(ledger.{} at time zone 'UTC')::date - date '1970-01-01'").format(job.event_time),
        sql.SQL(_WORDS),
        _label(labels),
        sql.SQL("coalesce(features.{}, 0)::float8").format(sql.Identifier(amount)),
        sql.SQL(_DECIDED_BY),
    ]
    all_columns = [*FIXED, *limits, *recorded, *domain.input_types]
    needed = [*FIXED, *limits, *recorded, *(n for n in domain.input_types if n in set(columns))]
    query = sql.SQL(
        "select {needed} from (select {fixed}, {recorded}, {inputs} from {ledger} as ledger "
        "inner join decisions.runs on runs.run_id = ledger.run_id "
        "inner join {features} as features "
        "on features.{id} = ledger.{id} and features.version = ledger.version {join} "
        "where {selected}) as stored ({names})"
    ).format(
        needed=_listed(needed, recorded),
        fixed=sql.SQL(", ").join(fixed),
        recorded=sql.SQL(", ").join(sql.Identifier("ledger", n) for n in (*limits, *recorded)),
        inputs=domain.input_columns("ledger", "ledger"),
        ledger=job.ledger_table,
        features=quoted(job.view.table),
        id=job.subject_id,
        join=labels.join,
        selected=_selected(job, window),
        names=sql.SQL(", ").join(sql.Identifier(_inner(n, recorded)) for n in all_columns),
    )
    types = {**FIXED, **limits, **recorded, **domain.input_types}
    return Reading(query, {name: types[name] for name in needed})


def _inner(name: str, recorded: Iterable[str]) -> str:
    return f"recorded_{name}" if name in recorded else name


def _listed(names: Iterable[str], recorded: Iterable[str]) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(_inner(name, recorded)) for name in names)


def _label(labels: Labels) -> sql.Composable:
    return sql.SQL(_LABEL).format(
        is_matured=labels.is_matured,
        is_event=labels.is_event,
        declined=sql.Literal(int(Label.DECLINED)),
        young=sql.Literal(int(Label.YOUNG)),
        unknown=sql.Literal(int(Label.UNKNOWN)),
        bad=sql.Literal(int(Label.BAD)),
        good=sql.Literal(int(Label.GOOD)),
    )


def _selected(job: Job, window: Window) -> sql.Composable:
    start, end = window
    return sql.SQL(_SELECTED).format(**job.names, start=sql.Literal(start), end=sql.Literal(end))


@dataclass(frozen=True, slots=True)
class DecidedBy:
    """A policy with exceptions that decided rows of the window.

    Attributes:
        name: of both, as in the column `stored_policy`.
        run_id: the first run that it decided.
        policy_version, policy_sha256: of the policy.
        rows: that it decided.
    """

    name: str
    run_id: UUID
    policy_version: str
    policy_sha256: str
    rows: int


def policies_of(connection: psycopg.Connection[Any], job: Job, window: Window) -> list[DecidedBy]:
    """Return each policy, with its exceptions, that decided in a window.

    Args:
        connection: as role `score`.
        job: the job of the ledger.
        window: half-open, by event time.
    """
    rows = database.fetch_all(
        connection,
        "count the decisions of each policy",
        sql.SQL(
            "select {decided_by}, (array_agg(runs.run_id order by runs.claimed_at))[1], "
            "runs.policy_version, runs.policy_sha256, sum(decided.rows)::bigint "
            "from (select ledger.run_id, count(*) as rows from {ledger} as ledger "
            "where {selected} group by ledger.run_id) as decided "
            "inner join decisions.runs on runs.run_id = decided.run_id "
            "group by 1, 3, 4 order by 1, 4"
        ).format(
            decided_by=sql.SQL(_DECIDED_BY),
            ledger=job.ledger_table,
            selected=_selected(job, window),
        ),
    )
    return [DecidedBy(*row) for row in rows]
