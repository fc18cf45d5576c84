"""What a person sees while the stack works: one line per step, with its seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table

# a log file has no width of its own, and tables fold at 80
WIDTH = None if sys.stdout.isatty() else 140
console = Console(highlight=False, soft_wrap=True, width=WIDTH)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def step(title: str) -> Iterator[Callable[[str], None]]:
    """Show a step while it runs, and its seconds when it is done; yields a way to add a note."""
    started = time.monotonic()
    notes: list[str] = []

    with console.status(f"{title} …") as spinner:

        def note(text: str) -> None:
            notes[:] = [text]
            spinner.update(f"{title} … [dim]{text}[/]")

        yield note

    seconds = time.monotonic() - started
    detail = f"  [dim]{notes[0]}[/]" if notes else ""
    console.print(f"[green]✓[/] {title:<46} {seconds:6.1f} s{detail}")


def table(title: str, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
    """Print a table."""
    grid = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for column in columns:
        grid.add_column(column, overflow="fold")
    for row in rows:
        grid.add_row(*("" if value is None else str(value) for value in row))
    console.print(grid)
