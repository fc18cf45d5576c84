"""Assemble the commands about models: their gate, their promotion, their records."""

from __future__ import annotations

import typer

HELP = "Test, promote and list models."

app = typer.Typer(help=HELP, no_args_is_help=True)


@app.callback()
def models() -> None:
    """Test, promote and list models."""
