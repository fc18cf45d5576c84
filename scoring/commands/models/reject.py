"""End the test of a challenger, or give its shadow more time."""

from __future__ import annotations

from typing import Annotated

import typer

from features.platform.settings import get_settings
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, JobArgument, ReasonOption
from scoring.commands.models.arguments import PersonOption, VersionArgument, version_of


def reject(
    job: JobArgument,
    person: PersonOption,
    reason: ReasonOption,
    version: VersionArgument = None,
    is_extension: Annotated[
        bool, typer.Option("--extend", help="Do not reject it: its shadow goes on.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """End the test of a challenger: it never decides, even if the alias is moved to it.

    With --extend the challenger stays in its shadow, and the decision is recorded.
    """
    from scoring.promotion import decisions

    model, number = job.slot.name, version_of(job, version)
    decide = decisions.extend if is_extension else decisions.reject
    receipt = decide(model, number, person=person, reason=reason, settings=get_settings())
    outcome = "stays in its shadow" if is_extension else "is rejected"
    line = f"model {model}: version {number} {outcome}, by {person}"
    show(line, receipt.as_dict(), as_json=as_json)
    return Status.HOLDS
