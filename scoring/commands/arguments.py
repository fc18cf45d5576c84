"""Declare the arguments that several commands share: job, run, window, moment, output."""

from __future__ import annotations

import getpass
from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer

from features.platform.errors import ConfigurationError
from features.platform.moments import parse_moment
from scoring.domains import JOBS, job_named
from scoring.runs.job import Job
from scoring.runs.request import Kind, Request

Window = tuple[datetime, datetime]
#: The kinds of runs that a person may request; the schedule makes the other kinds.
_REQUESTED = (Kind.MANUAL, Kind.BACKFILL)


def job_names() -> list[str]:
    """Return the names of the jobs, for the completion of a shell."""
    return list(JOBS)


def run_named(text: str) -> UUID:
    """Return the id of a run.

    Raises:
        ConfigurationError: the text is no id.
    """
    return _uuid(text, "run", "decisions.runs")


def delivery_named(text: str) -> UUID:
    """Return the id of a delivery.

    Raises:
        ConfigurationError: the text is no id.
    """
    return _uuid(text, "delivery", "`vesper deliveries list`")


def override_named(text: str) -> UUID:
    """Return the id of an override.

    Raises:
        ConfigurationError: the text is no id.
    """
    return _uuid(text, "override", "`vesper overrides list --all`")


def exception_named(text: str) -> UUID:
    """Return the id of an exception.

    Raises:
        ConfigurationError: the text is no id.
    """
    return _uuid(text, "exception", "`vesper exceptions list --all`")


def import_named(text: str) -> UUID:
    """Return the id of an imported file of exceptions.

    Raises:
        ConfigurationError: the text is no id.
    """
    return _uuid(text, "import", "the answer of `vesper exceptions import`")


def _uuid(text: str, noun: str, table: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ConfigurationError(
            f"{text!r} is no {noun} id: look it up in {table}; it has the form of a UUID"
        ) from None


def request_of(window: Window, kind: Kind, reason: str | None) -> Request:
    """Return the request of the person at this terminal.

    The requester is the same at each call, so a second call continues the open run of the first.

    Raises:
        ConfigurationError: the window is empty, or only the schedule makes runs of this kind.
    """
    start, end = window
    if start >= end:
        raise ConfigurationError(
            f"the window is empty: --start {start.isoformat()} is not before --end "
            f"{end.isoformat()}"
        )
    if kind not in _REQUESTED:
        raise ConfigurationError(
            f"a {kind} run is not for the command line: --kind is one of {', '.join(_REQUESTED)}"
        )
    return Request(start, end, kind, f"vesper {getpass.getuser()}", reason)


def jobs_of(job: Job | None) -> list[Job]:
    """Return the named job, or all jobs."""
    return [job] if job else list(JOBS.values())


JobArgument = Annotated[
    Job,
    typer.Argument(
        parser=job_named, metavar="JOB", help="Name of a job.", autocompletion=job_names
    ),
]
JobOption = Annotated[
    Job | None,
    typer.Option(
        "--job",
        parser=job_named,
        metavar="JOB",
        help="Only this job; all jobs if left out.",
        autocompletion=job_names,
    ),
]
GatedJobArgument = Annotated[
    Job | None,
    typer.Argument(
        parser=job_named,
        metavar="JOB",
        help="Only this job; every job whose model has a gate if left out.",
        autocompletion=job_names,
    ),
]
RunArgument = Annotated[
    UUID, typer.Argument(parser=run_named, metavar="RUN", help="Id of a run, from decisions.runs.")
]
DeliveryArgument = Annotated[
    UUID,
    typer.Argument(
        parser=delivery_named, metavar="DELIVERY", help="Id of a delivery, from `deliveries list`."
    ),
]
WindowOption = Annotated[
    tuple[datetime, datetime] | None,
    typer.Option(
        "--window",
        parser=parse_moment,
        metavar="START END",
        help="Only events in this half-open window; all events if left out.",
    ),
]
StartOption = Annotated[
    datetime,
    typer.Option(
        "--start", parser=parse_moment, metavar="INSTANT", help="Start of the window, inclusive."
    ),
]
EndOption = Annotated[
    datetime,
    typer.Option(
        "--end", parser=parse_moment, metavar="INSTANT", help="End of the window, exclusive."
    ),
]
KindOption = Annotated[
    Kind, typer.Option("--kind", help="Kind of the run: manual or backfill.", show_choices=False)
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Reason, stored in the register.")]
OptionalReason = Annotated[
    str | None, typer.Option("--reason", help="Reason, stored with the run.")
]
SourceOption = Annotated[
    str | None,
    typer.Option("--source", help="Name of a source, or its YAML file; default: the settings'."),
]
DecideFromOption = Annotated[
    datetime | None,
    typer.Option(
        "--decide-from",
        parser=parse_moment,
        metavar="INSTANT",
        help="Earlier rows are history and are never scored; default: the description's.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
