"""Record whether a second person finds a model version valid."""

from __future__ import annotations

from typing import Annotated

import typer

from features.platform.settings import get_settings
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, JobArgument, ReasonOption
from scoring.commands.models.arguments import PersonOption, VersionArgument, version_of


def validate(
    job: JobArgument,
    person: PersonOption,
    reason: ReasonOption,
    version: VersionArgument = None,
    is_invalid: Annotated[
        bool, typer.Option("--invalid", help="The version is not valid; the reason says why.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Record that a person other than the trainer finds a version valid, or not.

    The newest statement holds. A version that the alias names without a validation is refused at
    the claim.
    """
    from scoring.promotion import validations

    model, number = job.slot.name, version_of(job, version)
    validation_id = validations.validate(
        model,
        number,
        person=person,
        reason=reason,
        is_valid=not is_invalid,
        settings=get_settings(),
    )
    outcome = "not valid" if is_invalid else "valid"
    document = {"validation_id": validation_id, "model": model, "version": number}
    document |= {"validator": person, "is_valid": not is_invalid}
    show(f"model {model}: {person} finds version {number} {outcome}", document, as_json=as_json)
    return Status.HOLDS
