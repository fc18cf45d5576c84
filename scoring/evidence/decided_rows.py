"""Reads decided rows with the stored features that decided them, to decide them once more."""

from __future__ import annotations

from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql

from features.platform import readers
from scoring.runs.job import Job, quoted


def read(
    connection: psycopg.Connection[Any],
    job: Job,
    keys: str,
    condition: sql.Composable,
    *,
    with_scores: bool = False,
) -> pa.Table:
    """Read the rows that a decider of the job takes, and what the ledger says of the model.

    Columns that are no features come from the ledger: they are those of the first decision.

    Args:
        connection: of role `score`.
        job: the job of the ledger.
        keys: the table with the keys of the decisions: the subject's id, `revision`, `version`.
        condition: the SQL that selects keys.
        with_scores: whether the values of the answers are read too; each is one number.

    Returns:
        [n] with the columns of the domain's `input_types`, those of `recorded_of`, and the answers
        if they are read.
    """
    domain, said = job.decides(), recorded_of(job)
    answers = [answer.name for answer in job.answers] if with_scores else []
    recorded = sql.SQL(", ").join(sql.Identifier("ledger", name) for name in (*said, *answers))
    query = sql.SQL(
        "select {columns}, {recorded} from {keys} inner join {features} as features "
        "on features.{id} = {keys}.{id} and features.version = {keys}.version "
        "inner join {ledger} as ledger "
        "on ledger.{id} = {keys}.{id} and ledger.revision = {keys}.revision where {condition}"
    ).format(
        columns=domain.input_columns(keys, "ledger"),
        recorded=recorded,
        keys=sql.Identifier(keys),
        features=quoted(job.view.table),
        ledger=job.ledger_table,
        id=job.subject_id,
        condition=condition,
    )
    types = {
        **domain.input_types,
        **dict.fromkeys(said, pa.string()),
        **dict.fromkeys(answers, pa.float64()),
    }
    return readers.read(connection, query, types)


def recorded_of(job: Job) -> list[str]:
    """Return the columns of the ledger that say which model answered a row, and whether it did."""
    return ["model_version", *job.components]
