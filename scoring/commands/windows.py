"""List the undecided windows of all jobs or of one, as stretches, and decide them on request."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from features.platform.moments import parse_moment
from scoring.commands import sessions
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, JobOption, jobs_of, request_of
from scoring.commands.working import working
from scoring.runs import gaps, lifecycle, stretches
from scoring.runs.job import Job
from scoring.runs.record import Run
from scoring.runs.request import Kind
from scoring.runs.stretches import Stretch

COLUMNS = ("windows (UTC)", "state", "rows pending", "last failure", "next step")
FILE_WIDTH = 160  # a file has no width of its own, and a table would fold at 80


def windows(
    job: JobOption = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            "--until",
            parser=parse_moment,
            metavar="INSTANT",
            help="Only windows that had ended by this moment; default: now.",
        ),
    ] = None,
    heal: Annotated[
        bool,
        typer.Option("--heal", help="Decide the missing and failed windows now, then list."),
    ] = False,
    as_json: AsJson = False,
) -> int:
    """List the windows without a decision: missing, failed, stuck or running.

    Windows that follow each other in one state are one line. With --heal, one run decides a stretch
    of windows, empty ones included; a stretch with more than 100,000 rows is cut.

    Status 1: a window is missing, failed or stuck.
    """
    moment = until or datetime.now(UTC)
    jobs = jobs_of(job)
    if heal:
        for each in jobs:
            _heal(each, moment, is_quiet=as_json)
    with working("windows"), sessions.connect(autocommit=False) as connection:
        undecided = {
            each.name: stretches.folded(gaps.undecided(connection, each, moment)) for each in jobs
        }
    rows = [stretch for of_job in undecided.values() for stretch in of_job]
    if as_json:
        show("", [stretch.as_dict() for stretch in rows], as_json=True)
    else:
        print_tables(undecided, moment)
    return Status.of(not any(stretch.is_gap for stretch in rows))


def _heal(job: Job, moment: datetime, *, is_quiet: bool) -> None:
    """Decide the windows of one job, one run for each stretch; the first failure ends it."""
    with sessions.connect() as connection:
        lifecycle.fail_stuck(connection, job)
        needed = stretches.to_decide(gaps.undecided(connection, job, moment), job.stretch_rows)
    for stretch in needed:
        window = (stretch.start, stretch.end)
        with working(f"{job.name} {stretch.start:%Y-%m-%d %H:%M}"):
            run = sessions.pipeline(job).run(request_of(window, Kind.BACKFILL, "vesper windows"))
        if not is_quiet:
            show(_decided(stretch, run), None, as_json=False)


def _decided(stretch: Stretch, run: Run) -> str:
    return (
        f"{stretch.job}: {run.state} {_span(stretch)} UTC, {stretch.windows:,} windows, "
        f"{run.rows_claimed:,} rows, run {run.run_id}"
    )


def print_tables(undecided: Mapping[str, Sequence[Stretch]], until: datetime) -> None:
    """Print the stretches of each job as a table."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, width=None if sys.stdout.isatty() else FILE_WIDTH)
    for job, of_job in undecided.items():
        if not of_job:
            console.print(
                f"{job}: every window that ended by {until:%Y-%m-%d %H:%M} UTC is decided"
            )
            continue
        console.print(f"{job}:")
        table = Table(*COLUMNS, box=None)
        for stretch in of_job:
            cells = (
                _span(stretch),
                _state(stretch),
                f"{stretch.rows_pending:,}",
                stretch.last_failure or "",
                stretch.next_step,
            )
            table.add_row(*map(Text, cells))
        console.print(table)


def _span(stretch: Stretch) -> str:
    end = f"{stretch.end:%H:%M}" if stretch.windows == 1 else f"{stretch.end:%Y-%m-%d %H:%M}"
    return f"{stretch.start:%Y-%m-%d %H:%M} – {end}"


def _state(stretch: Stretch) -> str:
    if stretch.windows == 1:
        return str(stretch.state)
    return f"{stretch.state}, {stretch.windows:,} windows, {stretch.windows_with_rows:,} with rows"
