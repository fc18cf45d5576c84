"""Declare the arguments of the commands about models."""

from __future__ import annotations

from typing import Annotated

import typer

from features.platform.errors import ConfigurationError
from features.platform.settings import get_settings
from scoring.runs.job import Job

PersonOption = Annotated[str, typer.Option("--person", help="The person who answers for it.")]
VersionArgument = Annotated[
    str | None,
    typer.Argument(metavar="VERSION", help="Number of the version; default: the challenger."),
]


def version_of(job: Job, version: str | None) -> str:
    """Return the version that is meant: the challenger, unless one is named.

    Raises:
        ConfigurationError: the job has no model, or the model has no challenger.
        ModelUnavailableError: the registry does not answer.
    """
    # imports the registry's library, which takes seconds
    from scoring.models import registry

    if version is not None:
        return version
    number = registry.aliases_of(job.slot.name, get_settings()).get(registry.CHALLENGER)
    if number is None:
        raise ConfigurationError(
            f"model {job.slot.name} has no version with the alias 'challenger': name a version, or "
            f"train one with `vesper train {job.name}`"
        )
    return number
