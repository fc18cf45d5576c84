"""Claim a window: fix its rows, its cut-off and its pins."""

from __future__ import annotations

from scoring.commands import sessions
from scoring.commands.answers import Status, show
from scoring.commands.arguments import (
    AsJson,
    EndOption,
    JobArgument,
    KindOption,
    OptionalReason,
    StartOption,
    request_of,
)
from scoring.commands.working import working
from scoring.runs.request import Kind


def claim(
    job: JobArgument,
    start: StartOption,
    end: EndOption,
    kind: KindOption = Kind.MANUAL,
    reason: OptionalReason = None,
    as_json: AsJson = False,
) -> int:
    """Claim a window for a run; a published window is returned as it is."""
    request = request_of((start, end), kind, reason)
    with working("claim"):
        run = sessions.pipeline(job).claim(request)
    line = f"run {run.run_id} of {run.job} is {run.state}: {run.rows_claimed:,} rows"
    show(line, {"job": run.job, **run.receipt()}, as_json=as_json)
    return Status.HOLDS
