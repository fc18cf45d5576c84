"""List the windows without a decision, of all jobs or of one, as a table or as JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Annotated

import typer

from features.platform.moments import parse_moment
from scoring.commands import sessions
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, JobOption, jobs_of
from scoring.commands.working import working
from scoring.runs import gaps

COLUMNS = ("window (UTC)", "state", "rows pending", "last failure", "next step")
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
    as_json: AsJson = False,
) -> int:
    """List the windows without a decision: missing, failed, stuck or running.

    Status 1: a window is missing, failed or stuck.
    """
    moment = until or datetime.now(UTC)
    with working("windows"), sessions.connect(autocommit=False) as connection:
        undecided = {each.name: gaps.undecided(connection, each, moment) for each in jobs_of(job)}
    rows = [window for of_job in undecided.values() for window in of_job]
    if as_json:
        show("", [window.as_dict() for window in rows], as_json=True)
    else:
        print_tables(undecided, moment)
    return Status.of(not any(window.is_gap for window in rows))


def print_tables(undecided: Mapping[str, Sequence[gaps.Undecided]], until: datetime) -> None:
    """Print the windows of each job as a table; a long stretch without a run is one line."""
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
        table = Table(
            "window (UTC)", "state", "rows pending", "last failure", "next step", box=None
        )
        for first, last, count in _folded(of_job):
            window = f"{first.start:%Y-%m-%d %H:%M} – {_end(first, last)}"
            state = first.state if count == 1 else f"{first.state}, {count:,} windows"
            cells = (
                window,
                state,
                f"{first.rows_pending:,}",
                first.last_failure or "",
                first.next_step,
            )
            table.add_row(*map(Text, cells))
        console.print(table)


def _end(first: gaps.Undecided, last: gaps.Undecided) -> str:
    return f"{last.end:%H:%M}" if first is last else f"{last.end:%Y-%m-%d %H:%M}"


def _folded(
    found: Sequence[gaps.Undecided],
) -> Iterator[tuple[gaps.Undecided, gaps.Undecided, int]]:
    """Fold stretches for which no row waits and that nobody ran: first, last, and how many."""

    def stretch(one: gaps.Undecided) -> object:
        is_empty = one.state is gaps.WindowState.MISSING and one.rows_pending == 0
        # consecutive windows keep the difference between their start and their place
        place = places[one.start]
        return (one.start - place * (one.end - one.start)) if is_empty else one.start

    places = {one.start: place for place, one in enumerate(found)}
    for _, group in groupby(found, key=stretch):
        members = list(group)
        yield members[0], members[-1], len(members)
