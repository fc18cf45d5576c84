"""Publish a validated run."""

from __future__ import annotations

from scoring.commands import sessions
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, RunArgument
from scoring.commands.working import working


def publish(run: RunArgument, as_json: AsJson = False) -> int:
    """Move a validated run into the ledger; write the manifest that a published run lacks."""
    pipeline, _ = sessions.pipeline_of(run)
    with working("publish"):
        published = pipeline.publish(run)
    line = f"run {run} of {published.job} is {published.state}: {published.rows_claimed:,} rows"
    show(line, {"job": published.job, **published.receipt()}, as_json=as_json)
    return Status.HOLDS
