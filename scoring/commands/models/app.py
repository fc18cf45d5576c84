"""Assemble the commands about models: their gate, their promotion, their records."""

from __future__ import annotations

import typer

from scoring.commands.models.gate import gate
from scoring.commands.models.shadow import shadow

HELP = "Test, promote and list models."

app = typer.Typer(help=HELP, no_args_is_help=True)
app.command()(gate)
app.command()(shadow)


@app.callback()
def models() -> None:
    """Test, promote and list models."""
