"""Turns rows that a challenger has decided into rows of the shadow ledger. Pure."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from scoring.decision.outcome import CIRCUMSTANCES, Status

if TYPE_CHECKING:
    from scoring.runs.job import Job

_NO_REASONS = "[]"


def of(job: Job, decided: pa.Table, shadow_id: int) -> pa.Table:
    """Return the rows of `decisions.shadow_decisions`.

    Args:
        job: the job of the rows.
        decided: [n] ledger rows of the challenger.
        shadow_id: of the run and the challenger.
    """
    rows = decided.num_rows
    score, second_score = [*_numbers(job), None, None][:2]
    return pa.table(
        {
            "shadow_id": pa.repeat(shadow_id, rows),
            "subject_id": decided[job.id_column],
            "revision": decided["revision"],
            "event_time": decided[job.view.event_time],
            "status": status_of(job, decided),
            "score": _column(decided, score, pa.float64()),
            "second_score": _column(decided, second_score, pa.float64()),
            "decision": _column(decided, _decision(job), pa.string()),
            "reasons": decided["reasons"]
            if job.ledger.has_outcome
            else pa.repeat(_NO_REASONS, rows),
        }
    )


def status_of(job: Job, decided: pa.Table) -> pa.ChunkedArray:
    """Return the status of each row: ok, or the first failure of its components."""
    statuses = [decided[name] for name in job.components]
    return reduce(
        lambda joint, other: pc.if_else(pc.equal(joint, Status.OK.value), other, joint), statuses
    )


def failure_of(job: Job, decided: pa.Table) -> str | None:
    """Return the model's failure in a chunk for which it gave no answer at all, otherwise None.

    A row without an exchange rate is no failure of the model.
    """
    status = status_of(job, decided)
    failures = pa.array([failure.value for failure in CIRCUMSTANCES])
    failed = status.filter(pc.is_in(status, value_set=failures))
    if len(failed) == 0 or pc.any(pc.equal(status, Status.OK.value)).as_py():
        return None
    return str(failed[0].as_py())


def _numbers(job: Job) -> list[str]:
    """Return the answers that are one number each, in order."""
    return [answer.name for answer in job.answers if answer.length == 1 and not answer.levels]


def _decision(job: Job) -> str | None:
    """Return the ledger's column of the decision: of a job without an outcome, its first label."""
    labels = [answer.name for answer in job.answers if answer.levels]
    return next((name for name in ("decision", *labels) if name in job.columns), None)


def _column(decided: pa.Table, name: str | None, kind: pa.DataType) -> pa.Array | pa.ChunkedArray:
    return pa.nulls(decided.num_rows, kind) if name is None else decided[name].cast(kind)
