"""`python -m scoring windows`: the windows that stand undecided, as a table or as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from features.platform import database
from features.platform.settings import get_settings
from scoring.domains import JOBS
from scoring.runs import gaps

FILE_WIDTH = 160  # a file has no width of its own, and a table would fold at 80


def add_parser(commands: Any, moment: Callable[[str], datetime]) -> None:  # noqa: ANN401 - argparse
    """Add `windows` to the command line.

    Args:
        commands: the parser's subcommands.
        moment: reads an instant with its zone.
    """
    parser = commands.add_parser("windows", help="list the windows that nobody has decided")
    parser.add_argument("--job", choices=sorted(JOBS), default="score_transactions")
    parser.add_argument(
        "--until", type=moment, metavar="INSTANT", help="windows that ended by then; else by now"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(command=_command)


def _command(parsed: argparse.Namespace) -> int:
    until = parsed.until or datetime.now(UTC)
    with database.connect(get_settings().warehouse, "score", autocommit=False) as connection:
        found = gaps.undecided(connection, JOBS[parsed.job], until)
    if parsed.json:
        sys.stdout.write(json.dumps([one.as_dict() for one in found], indent=2) + "\n")
    else:
        show(found, until)
    return 1 if any(one.is_gap for one in found) else 0


def show(found: Sequence[gaps.Undecided], until: datetime) -> None:
    """Print the windows as a table; a long stretch that nobody ran is one line."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, width=None if sys.stdout.isatty() else FILE_WIDTH)
    if not found:
        console.print(f"every window that ended by {until:%Y-%m-%d %H:%M} UTC is decided")
        return
    table = Table("window (UTC)", "state", "rows pending", "last failure", "next step", box=None)
    for first, last, count in _folded(found):
        window = f"{first.start:%Y-%m-%d %H:%M} – {_end(first, last)}"
        state = first.state if count == 1 else f"{first.state}, {count:,} windows"
        rows = f"{first.rows_pending:,}"
        table.add_row(*map(Text, (window, state, rows, first.last_failure or "", first.next_step)))
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
