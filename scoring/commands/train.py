"""Train a job's model on the labels known at a moment, and register it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from features.platform.errors import ConfigurationError
from features.platform.moments import parse_moment
from features.platform.settings import get_settings
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, JobArgument
from scoring.commands.working import working


def train(
    job: JobArgument,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of",
            parser=parse_moment,
            metavar="INSTANT",
            help="Train on the rows and labels known at this moment; default: now.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Train the model of a job and register it."""
    if job.training is None:
        raise ConfigurationError(f"{job.name} has no model that is trained here")
    with working(f"train {job.model.name}"):
        receipt = job.training.train(as_of or datetime.now(UTC), get_settings())
    lines = [
        f"{receipt.model} version {receipt.version} is {receipt.alias} "
        f"({receipt.rows} rows, {receipt.events} events, {receipt.features} features)",
        *(f"  {name:32} {value:12.4f}" for name, value in receipt.metrics.items()),
    ]
    show(lines, receipt.as_dict(), as_json=as_json)
    return Status.HOLDS
