"""Score the rows of a claimed run."""

from __future__ import annotations

from typing import Annotated

import typer

from scoring.commands import sessions
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, RunArgument
from scoring.commands.working import working


def score(
    run: RunArgument,
    shard: Annotated[
        int | None, typer.Option("--shard", help="Only this shard, from 0; default: all shards.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Score, decide and explain the rows of a claimed run."""
    pipeline, _ = sessions.pipeline_of(run)
    with working("score"):
        scored = pipeline.score(run, shard)
    line = (
        f"run {scored.run_id} of {scored.job} is {scored.state}: {scored.rows_claimed:,} rows, "
        f"{scored.rows_degraded or 0:,} degraded"
    )
    show(line, {"job": scored.job, **scored.receipt()}, as_json=as_json)
    return Status.HOLDS
