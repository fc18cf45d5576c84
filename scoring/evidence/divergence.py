"""What a replay compares, and how it names the first place where a decision left its record.

Everything is compared inside Postgres, floats by their bits.
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
    """Where a replay first left the recorded path."""

    DATA = "data"  # the stored feature row is not the one that was decided
    FEATURE_CODE = "feature_code"  # the features rebuilt from raw differ
    MODEL = "model"  # the pinned file is gone or altered, or scores otherwise
    ENVIRONMENT = "environment"  # as before, under other library versions than at the run
    POLICY = "policy"  # the pinned file is gone or altered, or decides otherwise


@dataclass(frozen=True, slots=True)
class Difference:
    """One decision that did not come out the same."""

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
    """Return the decisions whose stored feature row is gone or has another hash; drop them."""
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
            digest=feature_digest(job.view, "features"),
        ),
        (run.run_id,),
    )
    return [(row[0], row[1]) for row in rows]


def data_difference(job: Job, run: record.Run, subject: str, revision: int) -> Difference:
    """Say that the stored feature row is gone or altered."""
    return Difference(
        f"{job.view.name}/{subject}/{revision}",
        str(run.run_id),
        Divergence.DATA,
        ("feature_sha256",),
        f"the row of {job.view.table} is gone or is not the one that was decided",
    )


def differing(connection: psycopg.Connection[Any], job: Job) -> list[tuple[Any, ...]]:
    """Return key and names of the differing fields of each decision that came out otherwise."""
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
    """Return how a column is compared: floats by their bits."""
    return "float8send({})" if job.columns[column] is Type.DOUBLE else "{}"


def difference(job: Job, run: record.Run, row: tuple[Any, ...], same_libraries: bool) -> Difference:
    """Name where a decision left its record, from the first of its differing fields."""
    subject, revision, fields = row
    if fields[0] not in job.scores:
        kind, detail = Divergence.POLICY, "the same scores are decided otherwise"
    elif same_libraries:
        kind, detail = Divergence.MODEL, "the pinned model file scores otherwise"
    else:
        kind = Divergence.ENVIRONMENT
        detail = "the libraries are not those that the run was locked to"
    return Difference(
        f"{job.view.name}/{subject}/{revision}", str(run.run_id), kind, tuple(fields), detail
    )
