"""Put a model version in force, with a gate and a second person behind it, or for a time."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from features.platform.errors import ConfigurationError
from features.platform.moments import parse_moment
from features.platform.settings import get_settings
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, JobArgument, ReasonOption
from scoring.commands.models.arguments import PersonOption, VersionArgument, version_of


def promote(
    job: JobArgument,
    person: PersonOption,
    reason: ReasonOption,
    version: VersionArgument = None,
    verdict: Annotated[
        str | None,
        typer.Option(
            "--verdict",
            metavar="SHA256",
            help="Digest of the verdict that you saw; refuse the promotion if there is a newer.",
        ),
    ] = None,
    is_override: Annotated[
        bool, typer.Option("--override", help="Without a passed gate, until a moment.")
    ] = False,
    until: Annotated[
        datetime | None,
        typer.Option(
            "--until",
            parser=parse_moment,
            metavar="INSTANT",
            help="End of an override, at most 90 days from now.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Put a version of a job's model in force; runs that are claimed later decide with it.

    The version must have passed its gate against the champion, and the person is not its trainer.
    With --override the version needs no gate, and decides until the end of the override.
    """
    from scoring.promotion import decisions

    if is_override != (until is not None):
        raise ConfigurationError("an override has an end: state --override and --until together")
    if is_override and verdict is not None:
        raise ConfigurationError("an override rests on no verdict: leave out --verdict")
    model, number, settings = job.slot.name, version_of(job, version), get_settings()
    if until is None:
        receipt = decisions.promote(
            model, number, person=person, reason=reason, verdict_sha256=verdict, settings=settings
        )
        line = f"model {model}: version {number} is champion, by {person}"
    else:
        receipt = decisions.override(
            model, number, person=person, reason=reason, expires_at=until, settings=settings
        )
        line = f"model {model}: version {number} is champion until {until.isoformat()}, by {person}"
    show(f"{line}; the next claim pins it", receipt.as_dict(), as_json=as_json)
    return Status.HOLDS
