"""Train a job's model on the labels known at a moment, and register it."""

from __future__ import annotations

import getpass
from datetime import datetime
from typing import Annotated

import typer

from features.platform.errors import ConfigurationError
from features.platform.moments import parse_moment
from features.platform.settings import get_settings
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, JobArgument
from scoring.commands.working import working
from scoring.runs.training_order import TrainingOrder


def train(
    job: JobArgument,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of",
            parser=parse_moment,
            metavar="INSTANT",
            help="Train on the rows and labels known at this moment; default: all at hand.",
        ),
    ] = None,
    start: Annotated[
        datetime | None,
        typer.Option(
            "--start",
            parser=parse_moment,
            metavar="INSTANT",
            help="First moment to learn from, by event time; default: follows from the labels.",
        ),
    ] = None,
    end: Annotated[
        datetime | None,
        typer.Option(
            "--end",
            parser=parse_moment,
            metavar="INSTANT",
            help="First moment after; default: follows from the maturity of labels.",
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            "--keep", metavar="COLUMN", help="Use this column although training would leave it out."
        ),
    ] = None,
    drop: Annotated[
        list[str] | None,
        typer.Option("--drop", metavar="COLUMN", help="Do not use this column."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Train the model of a job and register it.

    Training prints the rows, frauds and weeks that it uses before it starts. With too few labels it
    says how many there are, and in which weeks; nothing is registered, and the exit status is 2.
    The person at this terminal is recorded as the trainer, and may not promote the model alone.
    """
    if job.training is None:
        raise ConfigurationError(f"{job.name} has no model that is trained here")
    order = TrainingOrder(
        as_of=as_of,
        start=start,
        end=end,
        keep=tuple(keep or ()),
        drop=tuple(drop or ()),
        trainer=getpass.getuser(),
    )
    with working(f"train {job.slot.name}"):
        receipt = job.training.train(order, get_settings())
    lines = [
        f"{receipt.model} version {receipt.version} is {receipt.alias or 'without an alias'} "
        f"({receipt.rows} rows, {receipt.events} events, {receipt.features} features, "
        f"knowledge of {receipt.as_of})",
        *(f"  {note}" for note in receipt.notes),
        *(f"  {name:32} {value:12.4f}" for name, value in receipt.metrics.items()),
    ]
    show(lines, receipt.as_dict(), as_json=as_json)
    return Status.HOLDS
