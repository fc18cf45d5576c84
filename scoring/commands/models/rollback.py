"""Put a former champion in force again."""

from __future__ import annotations

from typing import Annotated

import typer

from features.platform.settings import get_settings
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, JobArgument, ReasonOption
from scoring.commands.models.arguments import PersonOption


def rollback(
    job: JobArgument,
    person: PersonOption,
    reason: ReasonOption,
    version: Annotated[
        str | None,
        typer.Argument(
            metavar="VERSION", help="Number of a former champion; default: the one before."
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Put a former champion of a job in force again; it needs no gate.

    If the alias names a version that the claim refuses, or no version, the champion in force gets
    it back. Decisions that were published stay as they are.
    """
    from scoring.promotion import rollback as rolling

    receipt = rolling.rollback(
        job.slot.name, version, person=person, reason=reason, settings=get_settings()
    )
    line = f"model {job.slot.name}: version {receipt.row.version} is champion again, by {person}"
    show(f"{line}; the next claim pins it", receipt.as_dict(), as_json=as_json)
    return Status.HOLDS
