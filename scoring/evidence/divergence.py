"""Compares replayed decisions with their records, and names the first point of divergence.

Postgres compares everything, floats by their bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import psycopg
from psycopg import sql

from features.platform import database
from features.views.digests import feature_digest
from scoring.runs import record
from scoring.runs.job import Job, quoted
from scoring.runs.ledger import Type


class Divergence(StrEnum):
    """The point where a replay first diverged from the record."""

    DATA = "data"  # the stored feature row differs from the decided one
    FEATURE_CODE = "feature_code"  # the features rebuilt from raw differ
    MODEL = "model"  # the pinned file is gone or altered, or scores differently
    ENVIRONMENT = "environment"  # the scores differ, and so do the library versions
    POLICY = "policy"  # the pinned file is gone or altered, or decides differently


@dataclass(frozen=True, slots=True)
class Difference:
    """One decision that differs from its record."""

    decision_id: str
    run_id: str
    divergence: Divergence
    fields: tuple[str, ...]
    detail: str

    def __str__(self) -> str:
        return f"{self.decision_id}: {self.divergence} ({', '.join(self.fields)}) {self.detail}"


def altered(
    connection: psycopg.Connection[Any], job: Job, run: record.Run
) -> list[tuple[str, int]]:
    """Delete and return the decisions whose stored feature row is gone or has another hash."""
    rows = database.fetch_all(
        connection,
        "take out decisions whose feature row changed",
        sql.SQL(
            """
            delete from replayed
            using {ledger} as ledger
            left join {features} as features
                on features.{id} = ledger.{id} and features.version = ledger.version
            where
                replayed.run_id = %s
                and ledger.{id} = replayed.{id} and ledger.revision = replayed.revision
                and (features.{id} is null or {digest} <> ledger.feature_sha256)
            returning replayed.{id}, replayed.revision
            """
        ).format(
            id=job.subject_id,
            ledger=job.ledger_table,
            features=quoted(job.view.table),
            digest=feature_digest(job.view.pinned(run.feature_view), "features"),
        ),
        (run.run_id,),
    )
    return [(row[0], row[1]) for row in rows]


def data_difference(job: Job, run: record.Run, subject: str, revision: int) -> Difference:
    """Return the difference of a gone or altered feature row."""
    return Difference(
        f"{job.view.name}/{subject}/{revision}",
        str(run.run_id),
        Divergence.DATA,
        ("feature_sha256",),
        f"the row of {job.view.table} is gone or differs from the decided row",
    )


def differing(connection: psycopg.Connection[Any], job: Job) -> list[tuple[Any, ...]]:
    """Return the key and the differing fields of each decision that differs from its record."""
    differs = sql.SQL(", ").join(
        sql.SQL("case when {} is distinct from {} then {} end").format(
            sql.SQL(_form(job, name)).format(sql.Identifier("ledger", name)),
            sql.SQL(_form(job, name)).format(sql.Identifier("again", name)),
            sql.Literal(name),
        )
        for name in (*job.scores, *job.outcome)
    )
    return database.fetch_all(
        connection,
        "compare decisions with their record",
        sql.SQL(
            """
            select compared.subject_id, compared.revision, compared.fields
            from (
                select
                    again.{id} as subject_id, again.revision,
                    array_remove(array[{differs}], null) as fields
                from decided_again as again
                inner join {ledger} as ledger
                    on ledger.{id} = again.{id} and ledger.revision = again.revision
            ) as compared
            where cardinality(compared.fields) > 0
            order by compared.subject_id, compared.revision
            """
        ).format(id=job.subject_id, differs=differs, ledger=job.ledger_table),
    )


def _form(job: Job, column: str) -> str:
    """Return the SQL form of a column for the comparison: floats by their bits."""
    by_bits = {Type.DOUBLE: "float8send({})", Type.DOUBLES: "array_send({})"}
    return by_bits.get(job.columns[column], "{}")


def difference(job: Job, run: record.Run, row: tuple[Any, ...], same_libraries: bool) -> Difference:
    """Classify a difference by the first of its differing fields."""
    subject, revision, fields = row
    if fields[0] not in job.scores:
        kind, detail = Divergence.POLICY, "the same scores lead to another decision"
    elif same_libraries and job.model is None:
        kind, detail = Divergence.POLICY, "the pinned policy and the code give other numbers"
    elif same_libraries:
        kind, detail = Divergence.MODEL, "the pinned model file gives other scores"
    else:
        kind = Divergence.ENVIRONMENT
        detail = "the libraries differ from the lock of the run"
    return Difference(
        f"{job.view.name}/{subject}/{revision}", str(run.run_id), kind, tuple(fields), detail
    )
