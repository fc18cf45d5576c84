"""Print the stack's progress: one line per step, with its seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table
from rich.text import Text

# a log file has no width, and rich would fold tables at 80 columns
WIDTH = None if sys.stdout.isatty() else 140
console = Console(highlight=False, soft_wrap=True, width=WIDTH)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def step(title: str) -> Iterator[Callable[[str], None]]:
    """Show a step while it runs and its seconds at the end; yields a function that adds a note."""
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
    """Print a table; if its rows are too wide, print each row as a block of lines.

    Plain text is printed unchanged, brackets included. A `rich.text.Text` keeps its own style.
    """
    shown = [[_text(value) for value in row] for row in rows]
    widths = [max(map(len, cells)) for cells in zip(columns, *shown, strict=True)]
    if len(shown) > 0 and len(columns) > 6 and sum(widths) + 3 * len(widths) > console.width:
        _print_records(title, columns, shown)
        return
    grid = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for column in columns:
        grid.add_column(column, overflow="fold")
    for row in shown:
        grid.add_row(*row)
    console.print(grid)


def _text(value: object) -> Text:
    return value if isinstance(value, Text) else Text("" if value is None else str(value))


def _print_records(title: str, columns: Sequence[str], rows: Sequence[Sequence[Text]]) -> None:
    if title:
        console.print(f"[bold]{title}[/]")
    margin = max(map(len, columns))
    for number, row in enumerate(rows, start=1):
        console.rule(f"row {number} of {len(rows)}", align="left")
        for column, value in zip(columns, row, strict=True):
            console.print(f"{column:<{margin}}  {value.plain}", markup=False)
