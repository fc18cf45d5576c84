"""Assemble the commands about stock plans."""

from __future__ import annotations

import typer

from scoring.commands.stock.orders import orders

HELP = "Read the newest stock plan."

app = typer.Typer(help=HELP, no_args_is_help=True)
app.command()(orders)


@app.callback()
def stock() -> None:
    """Read the newest stock plan."""
