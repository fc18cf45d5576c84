"""Assemble the commands about models: their gate, their promotion, their records."""

from __future__ import annotations

import typer

from scoring.commands.models.gate import gate

HELP = "Test, promote and list models."

app = typer.Typer(help=HELP, no_args_is_help=True)
app.command()(gate)


@app.callback()
def models() -> None:
    """Test, promote and list models."""
