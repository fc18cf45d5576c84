"""Mark an open run failed."""

from __future__ import annotations

from scoring.commands import sessions
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, ReasonOption, RunArgument
from scoring.runs import lifecycle


def fail(run: RunArgument, reason: ReasonOption, as_json: AsJson = False) -> int:
    """Mark an open run failed, so that other windows can go on.

    Status 1: the run was not open; nothing has changed.
    """
    sessions.pipeline_of(run)  # refuses an unknown id by name
    with sessions.connect() as connection:
        was_open = lifecycle.fail(connection, run, reason)
    line = f"run {run} {'is now failed' if was_open else 'was not open; nothing changed'}"
    show(line, {"run_id": str(run), "was_open": was_open}, as_json=as_json)
    return Status.of(was_open)
